import type { CaseResult, RunReport } from '../../model/report.ts'
import { toHex } from '../../model/text/hex.ts'
import type { EventOf, TraceEvent } from '../../model/trace.ts'
import { saysOf } from '../text/headline.ts'
import { visible } from '../text/visible.ts'

/*
 * A failed case as a program that needs nothing but Python: it plays our side of the trace again, byte by byte, under names of its own, and
 * says whether the broker does again what was found. Ids that the broker gave to its messages are its own each time: our answers take
 * those that came.
 */

/** `why`: there is none. */
export type Reproducer = { kind: 'program'; text: string } | { kind: 'none'; why: string }

/** What to do, on which connection, with which bytes, and whose id of the broker stands in them. */
type Step = [doing: 'open' | 'send' | 'read' | 'close', n: number, hex: string, id: string]
type Last = [doing: 'again' | 'silent' | 'kept' | 'closed', n: number, hex: string]

export function reproducerOf(
  { target }: Pick<RunReport, 'target'>,
  result: CaseResult,
  finding: CaseResult['findings'][number],
): Reproducer {
  const why = unplayable(target, result, finding)
  if (why !== undefined) return { kind: 'none', why }
  const { trace } = result
  const event = trace[finding.seq]
  const proves = !finding.absent && event?.kind === 'packet' && event.from === 'target'
  const played = trace.filter(({ seq }) => (proves ? seq < finding.seq : seq <= finding.seq))
  const steps = stepsOf(played)
  const last = proves ? againOf(event) : lastOf(finding.message, finding.expected, played)
  return { kind: 'program', text: program(result, finding, [...steps, last]) }
}

function unplayable(
  target: RunReport['target'],
  result: CaseResult,
  { seq, judge }: CaseResult['findings'][number],
): string | undefined {
  if (target.role !== 'broker') return 'the client has to be driven by its application'
  if (result.transport !== undefined && result.transport !== 'tcp') return 'it needs more than TCP'
  if (result.trace.length === 0) return 'the report holds no packets of it (--trace)'
  const played = result.trace.filter(event => event.seq <= seq)
  if (played.some(({ kind }) => kind === 'restart')) return 'the broker has to be restarted in it'
  if (played.some(({ leftOutBytes }) => leftOutBytes))
    return 'its packets are too large to write down'
  if (judge === 'probe') return 'it was found before any case'
  const sends = played.filter(event => ours(event))
  return sends.length > stepsMax ? `it sends ${sends.length} packets` : undefined
}

/** Beyond that nobody reads it. */
const stepsMax = 60

/** What we sent. */
function ours(event: TraceEvent): EventOf<'packet'> | EventOf<'bytes'> | undefined {
  const isBytes = event.kind === 'packet' || event.kind === 'bytes'
  return isBytes && event.from === 'harness' ? event : undefined
}

function stepsOf(trace: readonly TraceEvent[]): Step[] {
  const steps: Step[] = []
  /** Ids that came from the broker, by actor. */
  const theirs = new Set<string>()
  for (const event of trace) {
    if (event.kind === 'open' && event.by === 'harness')
      steps.push(['open', event.connection, '', ''])
    else if (event.kind === 'close' && event.by === 'harness')
      steps.push(['close', event.connection, '', ''])
    const sent = ours(event)
    if (sent) {
      const answered = sent.kind === 'packet' ? answeredId(sent) : undefined
      const id = answered !== undefined && theirs.has(answered) ? answered : ''
      steps.push(['send', sent.connection, toHex(sent.bytes), id])
    } else if (event.kind === 'packet' && event.from === 'target') {
      const id = ownId(event)
      if (id !== undefined) theirs.add(id)
      steps.push(['read', event.connection, toHex(event.bytes), id ?? ''])
    }
  }
  return steps
}

/** `sub 7`: the id that a message of the broker has on one of our sessions. */
function ownId({ actor, packet }: EventOf<'packet'>): string | undefined {
  return packet.type === 'PUBLISH' && packet.id !== undefined ? `${actor} ${packet.id}` : undefined
}

function answeredId({ actor, packet }: EventOf<'packet'>): string | undefined {
  const answers = packet.type === 'PUBACK' || packet.type === 'PUBREC' || packet.type === 'PUBCOMP'
  return answers ? `${actor} ${packet.id}` : undefined
}

function againOf(event: EventOf<'packet'>): Last {
  return ['again', event.connection, toHex(event.bytes)]
}

/** What did not come, or that nothing ended. */
function lastOf(message: string, expected: string, played: readonly TraceEvent[]): Last {
  const said = played.findLast(event => ours(event))
  const n = (said && ours(said)?.connection) ?? 1
  if (message.includes('kept the connection open')) return ['kept', n, '']
  if (/closed the connection/.test(message)) return ['closed', n, '']
  const missing = types.indexOf(/^[A-Z]+/.exec(expected)?.[0] ?? 'PUBLISH')
  const receiver = missing === 3 ? subscriberIn(played) : undefined
  return ['silent', receiver ?? n, Math.max(1, missing).toString(16)]
}

/** Deliveries come to who subscribed. */
function subscriberIn(played: readonly TraceEvent[]): number | undefined {
  const asked = played.find(event => event.kind === 'packet' && event.packet.type === 'SUBSCRIBE')
  if (asked?.kind !== 'packet') return undefined
  const opens = played.filter(event => event.kind === 'open' && event.actor === asked.actor)
  const latest = opens.at(-1)
  return latest?.kind === 'open' ? latest.connection : asked.connection
}

const types = ['', 'CONNECT', 'CONNACK', 'PUBLISH', 'PUBACK', 'PUBREC', 'PUBREL', 'PUBCOMP'].concat(
  ['SUBSCRIBE', 'SUBACK', 'UNSUBSCRIBE', 'UNSUBACK', 'PINGREQ', 'PINGRESP', 'DISCONNECT', 'AUTH'],
)

/** What all client ids and topics of the case begin with or hold. */
function nonceOf({ trace }: CaseResult): string {
  for (const event of trace) {
    if (event.kind !== 'packet' || event.packet.type !== 'CONNECT') continue
    const { clientId } = event.packet
    if (clientId.endsWith(event.actor) && clientId.length > event.actor.length)
      return clientId.slice(0, -event.actor.length)
  }
  return ''
}

function program(
  result: CaseResult,
  finding: CaseResult['findings'][number],
  steps: (Step | Last)[],
): string {
  const nonce = nonceOf(result).replace(/[^\w]/g, '')
  const fresh =
    nonce === '' ? "b''" : `os.urandom(${nonce.length}).hex()[:${nonce.length}].encode()`
  const told = [
    result.title,
    `${finding.level} ${finding.statement}: ${saysOf(finding.statement) ?? ''}`,
    `Found: ${finding.message}`,
    'Usage: python3 reproduce.py [HOST [PORT]]; exit code 1 where it is seen again, 0 where not, 2 where it came to neither.',
  ]
  return `${[
    '#!/usr/bin/env python3',
    ...told.map(line => `# ${visible(line, 500)}`),
    'import os, socket, sys',
    "sys.excepthook = lambda kind, error, trace: (print('not played to its end:', error, flush=True), os._exit(2))",
    "host, port = (sys.argv[1:] + ['127.0.0.1', '1883'][len(sys.argv) - 1:])[:2]",
    `old, new, c, ids = b'${nonce}', ${fresh}, {}, {}`,
    '',
    'def read(n):  # one packet; nothing where the broker closed',
    '    try:',
    '        p, size, shift, byte = c[n].recv(1), 0, 0, 128',
    '        while p and byte > 127:',
    '            byte = c[n].recv(1)[0]; p += bytes([byte]); size += (byte & 127) << shift; shift += 7',
    '        while size:',
    '            got = c[n].recv(size); p += got; size -= len(got)',
    "            if not got: raise EOFError('the broker closed within a packet')",
    '        return p',
    "    except ConnectionError: return b''",
    '    except TimeoutError: return None',
    '',
    'def place(p):  # where the id of a message stands',
    '    at = 2 + sum(b > 127 for b in p[1:4]) if p[0] >> 4 == 3 else 2',
    '    return at + 2 + int.from_bytes(p[at:at + 2], "big") if p[0] >> 4 == 3 else at',
    '',
    'for do, n, text, key in [',
    ...steps.map(([doing, n, hex, id = '']) => `    ('${doing}', ${n}, '${hex}', '${id}'),`),
    ']:',
    "    p = bytes.fromhex(text).replace(old, new) if do in ('send', 'read', 'again') else b''",
    "    if do == 'open': c[n] = socket.create_connection((host, int(port)), 5); c[n].settimeout(5)",
    "    elif do == 'close': c[n].close()",
    "    elif do == 'send': c[n].sendall(p[:2] + ids.get(key, p[2:4]) + p[4:] if key else p)",
    '    else:',
    '        came = read(n)',
    "        while do in ('read', 'again') and came and came[0] >> 4 != p[0] >> 4: came = read(n)",
    "        print(n, do, came.hex(' ') if came else 'closed' if came == b'' else 'nothing')",
    "        if do == 'read' and not came: sys.exit(0)",
    "        if do == 'read' and key: ids[key] = came[place(came):place(came) + 2]",
    "        if do == 'kept': seen = came != b''",
    "        if do == 'closed': seen = came == b''",
    "        if do == 'silent': seen = not came or came[0] >> 4 != int(text, 16)",
    "        if do == 'again': seen = came == p or bool(came) and p[0] >> 4 in (3, 6) and (came[0], len(came)) == (p[0], len(p))",
    "print('seen again' if seen else 'not seen')",
    'sys.exit(seen)',
  ].join('\n')}\n`
}
