import type { Finding } from '../model/finding.ts'

/**
 * What a finding says, without what differs from one case to the next: names, payloads, ids, numbers of bytes. A version of the standard
 * is no such number, nor is what MQTT itself counts in single digits (`QoS 1`, `DUP 0`) or writes in hex (`0x97`). A target that goes on
 * after what is malformed does so in one place for each type of packet, whatever is wrong with it.
 */
export function shapeOf({ message }: Pick<Finding, 'message'>): string {
  return message
    .slice(0, charactersMax)
    .replace(wentOn, (_, does: string, type: string) => `${does} after a wrong ${type}`)
    .replace(/"(?:[^"\\]|\\.)*"(?:\.\.\.)?/g, '"..."')
    .replace(/\b[0-9a-f]{2}(?: [0-9a-f]{2})+(?: …)?(?: \(\d+ bytes\))?/g, '...')
    .replace(/\$share\/\S+|\b(?:[\w$.-]+\/)+[\w+#$.-]*/g, '...')
    .replace(kept, (text, keep: string | undefined) => (keep === undefined ? '#' : text))
}

const wentOn =
  /(kept the connection open|went on) after (?:an? |the )?(CONN(?:ECT|ACK)|PUB(?:LISH|ACK|REC|REL|COMP)|(?:UN)?SUB(?:SCRIBE|ACK)|PING(?:REQ|RESP)|DISCONNECT|AUTH)\b(?! id)[^;"]+(?=;|$)/

/** Longer texts are somebody's payload. */
const charactersMax = 1000

const kept =
  /((?:QoS|DUP|RETAIN|retain|level|Session Present|Maximum QoS) \d\b|\b0x[0-9a-f]{2}\b|\b\d+(?:\.\d+)+\b)|\d+/g
