import type { Feature } from '../model/features.ts'
import type { Version } from '../model/version.ts'

/**
 * A flow says what is meant to happen and nothing of how: who connects with what session, who publishes what to whom at which
 * QoS, who goes and comes back. The peers follow the state machines by themselves, and `explore` decides what goes wrong.
 */
export type Flow = {
  /** Small letters, digits and `-`; unique among all flows. */
  id: string
  title: string
  /** What the harness plays: `client` explores a broker, `broker` a client. */
  role: FlowRole
  /** All that the target speaks where it is left out. */
  versions?: Version[]
  /** What the target must be able to do. */
  requires: Feature[]
  peers: Peer[]
  /** Done once, before anything is disturbed. Its packets are fault points too, of runs that begin with new sessions. */
  begin: Intent[]
  steps: Intent[]
}

export type FlowRole = 'client' | 'broker'

/** One of our clients, or, where the harness plays the broker, the application (`app…`) on the client under test or our broker. */
export type Peer = {
  name: string
  session: 'kept' | 'fresh'
  /** 5.0: our Receive Maximum. */
  receiveMaximum?: number
  /** Seconds that a kept 5.0 session outlives its connection. */
  expiryS?: number
  will?: { qos: number; retain: boolean }
  /** Its client identifier is that of this peer in capital letters. */
  twinOf?: string
}

export type Intent =
  | { kind: 'subscribe'; peer: string; topic: string; qos: number }
  | { kind: 'unsubscribe'; peer: string; topic: string }
  | {
      kind: 'publish'
      peer: string
      topic: string
      qos: number
      retain: boolean
      /** Names the message in points and payloads: m1, m2, … */
      label: string
      expiryS?: number
    }
  /** DISCONNECT; the session stays. 5.0 `withWill`: by 0x04, so that the will is published all the same. */
  | { kind: 'leave'; peer: string; withWill: boolean }
  /** The connection ends without DISCONNECT. */
  | { kind: 'cut'; peer: string; how: 'fin' | 'rst' }
  /** Comes back to its session, or to a new one in which it asks for nothing; without its will, if so told. */
  | { kind: 'return'; peer: string; anew: boolean; withoutWill: boolean }
  /** Opens a second connection under the same client id. */
  | { kind: 'takeover'; peer: string }
  /** Acknowledges nothing from here on, over any number of connections. */
  | { kind: 'hold'; peer: string }
  /** Sends what it held back, and acknowledges again. */
  | { kind: 'release'; peer: string }
  /** Nothing further is begun before all that is under way has come to rest. */
  | { kind: 'rest' }

/** What a client identifier ends in: before it stands what no other run uses. */
export function clientIdEnd({ name, twinOf }: Peer): string {
  return twinOf === undefined ? name : twinOf.toUpperCase()
}

/** The most messages a flow may have: their labels stay short, and schedules quick. */
export const messagesMax = 20

export function messagesOf(flow: Flow): number {
  return [...flow.begin, ...flow.steps].filter(({ kind }) => kind === 'publish').length
}

/** The same flow with only its first messages: shrinking asks for as few as still fail. */
export function withMessages(flow: Flow, count: number): Flow {
  let left = count
  const keep = (intent: Intent) => intent.kind !== 'publish' || left-- > 0
  return { ...flow, begin: flow.begin.filter(keep), steps: flow.steps.filter(keep) }
}

/**
 * Whether further schedules may follow on the same sessions: the flow leaves behind nothing but exchanges that are over.
 * That saves the connections and subscriptions of a new beginning, which cost more than the flow itself.
 */
export function isRepeatable(flow: Flow): boolean {
  const plain = flow.steps.every(
    intent =>
      intent.kind !== 'subscribe' &&
      intent.kind !== 'unsubscribe' &&
      !(intent.kind === 'return' && intent.anew) &&
      !(intent.kind === 'publish' && intent.retain),
  )
  return plain && flow.peers.every(peer => !peer.will && peer.session === 'kept')
}
