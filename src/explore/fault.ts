import type { PacketType } from '../model/packet.ts'
import type { Version } from '../model/version.ts'
import type { Point } from './point.ts'

/** What a schedule does to one packet, or when one packet comes. */
export type Fault =
  /** It and all that follows it in its direction is lost until the connection is renewed, which happens when all has come to rest. */
  | { kind: 'lose' }
  | { kind: 'cut'; where: 'before' | 'behind'; how: Ending }
  /** Only so many of its bytes are written, then the connection ends. */
  | { kind: 'cut-inside'; keepBytes: number; how: Ending }
  /** It is kept back until all else has come to rest. */
  | { kind: 'hold' }
  /** It goes out behind the next packet of another type. */
  | { kind: 'delay' }
  /** It goes out in two writes, or one for each byte. */
  | { kind: 'split'; at: number | 'every' }
  /** It goes out in one write with the next packet. */
  | { kind: 'coalesce' }
  /** It is sent again at once, with DUP where it has one. */
  | { kind: 'repeat' }
  /** 5.0: the message is refused by a reason code. */
  | { kind: 'refuse-message' }
  /** Behind it nothing is read until all else has come to rest. */
  | { kind: 'stall' }
  /** Behind it the link is dead without FIN or RST, and we come back over a new one. */
  | { kind: 'half-open' }
  /** Behind it a second connection of the same client id takes over. */
  | { kind: 'takeover' }
  /** Behind it we go with DISCONNECT and come back. */
  | { kind: 'leave' }
  /** Behind it the connection ends and the session is thrown away; a client under test is told Session Present 0. */
  | { kind: 'lose-session' }
  /** Where the harness plays the broker: CONNACK refuses, and the client has to come again. */
  | { kind: 'refuse-connection' }
  /** Behind it the target is stopped and started again. */
  | { kind: 'restart'; how: 'term' | 'kill' }
  /** Behind it we stay away until the session has expired. */
  | { kind: 'expire' }
  /** Behind it the power of a board goes and comes back, and its program starts anew. */
  | { kind: 'power' }

/** Those that need more than the connection of the packet: a new one, or the target itself. */
export type FaultBeyond = Extract<
  Fault,
  {
    kind:
      | 'half-open'
      | 'takeover'
      | 'leave'
      | 'lose-session'
      | 'refuse-connection'
      | 'restart'
      | 'expire'
      | 'power'
  }
>

export type Ending = 'fin' | 'rst'
export type FaultKind = Fault['kind']

/** One line for each kind: `--faults`, `mqttspec list faults` and the manual. */
export const faultKinds: Record<FaultKind, string> = {
  lose: 'the packet and all behind it in its direction are lost until the connection is renewed',
  cut: 'the connection ends before or behind the packet, by FIN and by RST',
  'cut-inside': 'the connection ends inside the packet, at every byte, by FIN and by RST',
  hold: 'the packet is kept back until all else has come to rest',
  delay: 'the packet goes out behind the next one of another type',
  split: 'the packet goes out in several writes',
  coalesce: 'the packet goes out in one write with the next',
  repeat: 'the packet is sent twice where the version allows it',
  'refuse-message': 'the message is refused by a reason code (5.0)',
  stall: 'nothing is read until all else has come to rest',
  'half-open': 'the link is dead without FIN, and a new one is opened',
  takeover: 'a second connection of the same client id takes over',
  leave: 'DISCONNECT, and back to the session',
  'lose-session': 'the session is thrown away, or Session Present 0 told',
  'refuse-connection': 'CONNACK refuses, and the client comes again (harness as broker)',
  restart:
    'the target is stopped by TERM or KILL and started again (durable targets; only where asked for)',
  expire: 'away until the session has expired (waits; only where asked for)',
  power: 'the power of a board goes and comes back (boards whose adapter can do that)',
}

/** What the target and the flow allow. */
export type Allowed = {
  role: 'client' | 'broker'
  version: Version
  /** Only these; all that do not wait or restart where it is left out. */
  kinds?: readonly FaultKind[]
  /** The target can be restarted and keeps its sessions. */
  restarts: boolean
  /** The target is a board whose power we can cut. */
  power?: boolean
}

/** Every fault that may befall a packet at this point, the simplest first: shrinking goes towards the front. */
export function faultsAt(point: Point, allowed: Allowed): Fault[] {
  const kinds = allowed.kinds
  const wanted = (fault: Fault) =>
    kinds ? kinds.includes(fault.kind) : fault.kind !== 'restart' && fault.kind !== 'expire'
  const all = point.direction === 'out' ? faultsOfOurs(point, allowed) : faultsOfTheirs(point)
  return [...all, ...faultsOfTheSession(point, allowed)].filter(wanted)
}

const endings: readonly Ending[] = ['fin', 'rst']

function faultsOfOurs(point: Point, allowed: Allowed): Fault[] {
  const { type, bytes } = point
  const found: Fault[] = [{ kind: 'lose' }]
  for (const how of endings) found.push({ kind: 'cut', where: 'behind', how })
  for (const how of endings) found.push({ kind: 'cut', where: 'before', how })
  if (mayWait.has(type)) found.push({ kind: 'hold' }, { kind: 'delay' })
  found.push({ kind: 'split', at: 1 }, { kind: 'split', at: 'every' })
  if (bytes > 3) found.push({ kind: 'split', at: bytes >> 1 })
  if (mayWait.has(type)) found.push({ kind: 'coalesce' })
  if (mayRepeat(point, allowed.version)) found.push({ kind: 'repeat' })
  if (allowed.version === '5.0' && (type === 'PUBREC' || type === 'PUBACK'))
    found.push({ kind: 'refuse-message' })
  if (type === 'CONNACK') found.push({ kind: 'refuse-connection' })
  for (let keepBytes = 1; keepBytes < bytes; keepBytes++) {
    for (const how of endings) found.push({ kind: 'cut-inside', keepBytes, how })
  }
  return found
}

/** A packet of the target reaches our socket whole, whatever we do: what is left is whether we have read it. */
function faultsOfTheirs(point: Point): Fault[] {
  const found: Fault[] = [{ kind: 'lose' }]
  for (const how of endings) found.push({ kind: 'cut', where: 'behind', how })
  for (const how of endings) found.push({ kind: 'cut', where: 'before', how })
  if (point.type !== 'CONNACK' && point.type !== 'CONNECT') found.push({ kind: 'stall' })
  return found
}

function faultsOfTheSession({ type }: Point, { role, restarts, power }: Allowed): Fault[] {
  // Behind DISCONNECT nothing may follow, and the connection ends by itself.
  const open = type !== 'CONNECT' && type !== 'CONNACK' && type !== 'DISCONNECT'
  const found: Fault[] = []
  if (role === 'client' && open) {
    found.push({ kind: 'half-open' }, { kind: 'takeover' }, { kind: 'leave' })
  }
  if (open) found.push({ kind: 'lose-session' })
  if (restarts && open) {
    found.push({ kind: 'restart', how: 'term' }, { kind: 'restart', how: 'kill' })
  }
  if (role === 'client' && open) found.push({ kind: 'expire' })
  if (power && open) found.push({ kind: 'power' })
  return found
}

/** What may wait while other packets pass it. CONNECT and CONNACK come first by the rules. */
const mayWait = new Set<PacketType>(['PUBLISH', 'PUBACK', 'PUBREC', 'PUBREL', 'PUBCOMP'])

/** A sender may send again on a live connection before 5.0 only. Source: 3.1.1 §4.4, 5.0 MQTT-4.4.0-1. */
function mayRepeat({ type, label }: Point, version: Version): boolean {
  return version !== '5.0' && label !== '' && (type === 'PUBREL' || type === 'PUBLISH')
}

/** Without its place: `cut fin behind`. */
export function describeFault(fault: Fault): string {
  switch (fault.kind) {
    case 'cut':
      return `${fault.how.toUpperCase()} ${fault.where}`
    case 'cut-inside':
      return `${fault.how.toUpperCase()} behind byte ${fault.keepBytes} of`
    case 'split':
      return fault.at === 'every'
        ? 'one write for each byte of'
        : `split behind byte ${fault.at} of`
    case 'restart':
      return `restart by ${fault.how.toUpperCase()} behind`
    case 'lose':
    case 'hold':
    case 'delay':
    case 'coalesce':
    case 'repeat':
      return fault.kind
    case 'stall':
    case 'half-open':
    case 'takeover':
    case 'leave':
    case 'lose-session':
    case 'refuse-connection':
    case 'refuse-message':
    case 'expire':
    case 'power':
      return `${fault.kind} behind`
  }
}
