import type { Finding } from '../model/finding.ts'
import type { CaseResult } from '../model/report.ts'
import type { TraceEvent } from '../model/trace.ts'
import { type Port, segmentBlock, type WrittenSegment } from './pcapng-writer.ts'

/** Largest payload of one segment: an IPv4 packet has room for no more. */
const segmentBytesMax = 65_000
const firstPort = 49_152

type Side = { port: Port; next: number }
type Written = { ours: Side; targets: Side; by: 'harness' | 'target'; open: boolean }

/**
 * The connections of cases as TCP segments, so that Wireshark opens them. What carried the packets is not what is written: bytes of MQTT
 * in IPv4 to port 1883, whatever the transport was.
 */
export class CaptureOfTraces {
  private connections = 0

  /**
   * One case as blocks of a pcapng file. What the judges say of a packet stands beside it.
   *
   * @param beganMs Wall clock when the case began, ms since 1970
   */
  blocks(result: CaseResult, beganMs: number): Uint8Array[] {
    const open = new Map<number, Written>()
    const said = saidOf(result.findings)
    const blocks: Uint8Array[] = []
    const put = (segment: WrittenSegment) => blocks.push(segmentBlock(segment))
    for (const event of result.trace) this.write(event, { open, said, result, beganMs, put })
    return blocks
  }

  private write(
    event: TraceEvent,
    {
      open,
      said,
      result,
      beganMs,
      put,
    }: {
      open: Map<number, Written>
      said: Map<number, string>
      result: CaseResult
      beganMs: number
      put(segment: WrittenSegment): void
    },
  ): void {
    const atMs = beganMs + event.at
    switch (event.kind) {
      case 'open': {
        const connection = this.connection(event.by === 'harness' ? 'harness' : 'target')
        open.set(event.connection, connection)
        const words = [result.id, event.actor, event.leg ? `to the ${event.leg}` : '']
        shakeHands(connection, atMs, words.filter(word => word !== '').join(', '), put)
        return
      }
      case 'packet':
      case 'bytes': {
        const connection = open.get(event.connection)
        if (!connection?.open) return
        const ours = event.from === 'harness'
        send(connection, ours, event.bytes, atMs, said.get(event.seq), put)
        return
      }
      case 'close': {
        const connection = open.get(event.connection)
        if (!connection?.open) return
        connection.open = false
        end(connection, event.by === 'harness', event.how, atMs, said.get(event.seq), put)
        return
      }
      case 'fault':
      case 'restart':
      case 'command':
      case 'app':
      case 'step':
      case 'fence':
      case 'wait':
      case 'finding':
      case 'note':
        return
    }
    event satisfies never
  }

  /** Whoever is dialled has port 1883: there Wireshark looks for MQTT. */
  private connection(by: 'harness' | 'target'): Written {
    const number = this.connections++
    const ports = 65_536 - firstPort
    const host = Math.floor(number / ports)
    const dials: Port = {
      address: [127, 1, (host >> 8) & 0xff, (host & 0xff) + 1],
      port: firstPort + (number % ports),
    }
    const dialled: Port = { address: [127, 0, 0, 1], port: 1883 }
    const ours = { port: by === 'harness' ? dials : dialled, next: 1000 }
    const targets = { port: by === 'harness' ? dialled : dials, next: 5000 }
    return { ours, targets, by, open: true }
  }
}

type Put = (segment: WrittenSegment) => void

const nothing = new Uint8Array(0)

function shakeHands(written: Written, atMs: number, comment: string, put: Put): void {
  const [dials, dialled] = inOrder(written, written.by === 'harness')
  const first = segment(dials, dialled, atMs, ['syn'])
  put({ ...first, comment })
  dials.next += 1
  put(segment(dialled, dials, atMs, ['syn', 'ack']))
  dialled.next += 1
  put(segment(dials, dialled, atMs, ['ack']))
}

function send(
  written: Written,
  ours: boolean,
  bytes: Uint8Array,
  atMs: number,
  comment: string | undefined,
  put: Put,
): void {
  const [from, to] = inOrder(written, ours)
  for (let at = 0; at < bytes.length; at += segmentBytesMax) {
    const payload = bytes.subarray(at, at + segmentBytesMax)
    const one = { ...segment(from, to, atMs, ['psh', 'ack']), payload }
    put(at === 0 && comment !== undefined ? { ...one, comment } : one)
    from.next = (from.next + payload.length) >>> 0
  }
}

function end(
  written: Written,
  ours: boolean,
  how: 'fin' | 'rst',
  atMs: number,
  comment: string | undefined,
  put: Put,
): void {
  const [from, to] = inOrder(written, ours)
  const last = segment(from, to, atMs, [how, 'ack'])
  put(comment === undefined ? last : { ...last, comment })
  if (how === 'rst') return
  from.next += 1
  put(segment(to, from, atMs, ['fin', 'ack']))
  to.next += 1
  put(segment(from, to, atMs, ['ack']))
}

function inOrder(written: Written, ours: boolean): [Side, Side] {
  return ours ? [written.ours, written.targets] : [written.targets, written.ours]
}

function segment(from: Side, to: Side, atMs: number, flags: WrittenSegment['flags']) {
  return {
    atMs,
    from: from.port,
    to: to.port,
    sequence: from.next,
    acknowledges: to.next,
    flags,
    payload: nothing,
  }
}

function saidOf(findings: readonly Finding[]): Map<number, string> {
  const said = new Map<number, string>()
  for (const { seq, level, statement, message } of findings) {
    const before = said.get(seq)
    said.set(seq, `${before === undefined ? '' : `${before}\n`}${level} ${statement}: ${message}`)
  }
  return said
}
