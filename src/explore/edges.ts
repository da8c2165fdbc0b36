import type { Version } from '../model/version.ts'

/**
 * The state machines of QoS 2 and QoS 1, as the target goes through them: an edge is a state, what happened in it, and the state
 * behind. `sender` is the target as it sends, `receiver` as it takes; the states are those of the tables in docs/explore.md.
 */
export type Edge = {
  role: 'sender' | 'receiver'
  qos: 1 | 2
  from: State
  event: string
  to: State
  /** Only these versions can show it. */
  versions?: readonly Version[]
  /** It breaks a rule: a correct target never takes it. */
  wrong?: true
}

/** S0 free, S1 PUBLISH out, S2 PUBREL out; R0 nothing held, R1 PUBREC sent. A0 and A1 are QoS 1: free, PUBLISH out. */
export type State = 'S0' | 'S1' | 'S2' | 'R0' | 'R1' | 'A0' | 'A1' | 'B0'

export const edges = {
  'sender S0 PUBLISH': { role: 'sender', qos: 2, from: 'S0', event: 'new message', to: 'S1' },
  'sender S1 PUBREC': { role: 'sender', qos: 2, from: 'S1', event: 'PUBREC', to: 'S2' },
  'sender S1 refused': {
    role: 'sender',
    qos: 2,
    from: 'S1',
    event: 'PUBREC ≥ 0x80',
    to: 'S0',
    versions: ['5.0'],
  },
  'sender S1 lost': { role: 'sender', qos: 2, from: 'S1', event: 'connection lost', to: 'S1' },
  'sender S1 resumed': { role: 'sender', qos: 2, from: 'S1', event: 'PUBLISH again', to: 'S1' },
  'sender S1 session lost': { role: 'sender', qos: 2, from: 'S1', event: 'session lost', to: 'S0' },
  'sender S2 PUBCOMP': { role: 'sender', qos: 2, from: 'S2', event: 'PUBCOMP', to: 'S0' },
  'sender S2 lost': { role: 'sender', qos: 2, from: 'S2', event: 'connection lost', to: 'S2' },
  'sender S2 resumed': { role: 'sender', qos: 2, from: 'S2', event: 'PUBREL again', to: 'S2' },
  'sender S2 session lost': { role: 'sender', qos: 2, from: 'S2', event: 'session lost', to: 'S0' },
  'sender S2 PUBLISH': {
    role: 'sender',
    qos: 2,
    from: 'S2',
    event: 'PUBLISH again',
    to: 'S1',
    wrong: true,
  },
  'receiver R0 PUBLISH': { role: 'receiver', qos: 2, from: 'R0', event: 'PUBLISH', to: 'R1' },
  'receiver R0 DUP': { role: 'receiver', qos: 2, from: 'R0', event: 'PUBLISH, DUP 1', to: 'R1' },
  'receiver R0 refused': {
    role: 'receiver',
    qos: 2,
    from: 'R0',
    event: 'PUBLISH refused',
    to: 'R0',
    versions: ['5.0'],
  },
  'receiver R0 PUBREL': { role: 'receiver', qos: 2, from: 'R0', event: 'PUBREL', to: 'R0' },
  'receiver R1 PUBLISH': { role: 'receiver', qos: 2, from: 'R1', event: 'PUBLISH again', to: 'R1' },
  'receiver R1 PUBREL': { role: 'receiver', qos: 2, from: 'R1', event: 'PUBREL', to: 'R0' },
  'receiver R1 lost': { role: 'receiver', qos: 2, from: 'R1', event: 'connection lost', to: 'R1' },
  'receiver R1 session lost': {
    role: 'receiver',
    qos: 2,
    from: 'R1',
    event: 'session lost',
    to: 'R0',
  },
  'sender A0 PUBLISH': { role: 'sender', qos: 1, from: 'A0', event: 'new message', to: 'A1' },
  'sender A1 PUBACK': { role: 'sender', qos: 1, from: 'A1', event: 'PUBACK', to: 'A0' },
  'sender A1 lost': { role: 'sender', qos: 1, from: 'A1', event: 'connection lost', to: 'A1' },
  'sender A1 resumed': { role: 'sender', qos: 1, from: 'A1', event: 'PUBLISH again', to: 'A1' },
  'sender A1 session lost': { role: 'sender', qos: 1, from: 'A1', event: 'session lost', to: 'A0' },
  'receiver B0 PUBLISH': { role: 'receiver', qos: 1, from: 'B0', event: 'PUBLISH', to: 'B0' },
  'receiver B0 DUP': { role: 'receiver', qos: 1, from: 'B0', event: 'PUBLISH, DUP 1', to: 'B0' },
} as const satisfies Record<string, Edge>

export type EdgeName = keyof typeof edges
type EdgeEvent = (typeof edges)[EdgeName]['event']
export const edgeNames = Object.keys(edges) as EdgeName[]

/** Why an edge was never taken, for the report. */
export function whyNever(name: EdgeName, version: Version): string {
  const edge: Edge & { event: EdgeEvent } = edges[name]
  if (edge.wrong) return 'a correct target never takes it'
  if (edge.versions && !edge.versions.includes(version)) return `${version} has no such thing`
  switch (edge.event) {
    case 'PUBLISH refused':
      return 'the target refused nothing'
    case 'session lost':
      return 'no schedule that was tried threw the session away in this state'
    case 'PUBREC ≥ 0x80':
      return 'no schedule that was tried refused a message'
    case 'PUBREL again':
    case 'PUBLISH again':
    case 'PUBLISH, DUP 1':
    case 'PUBREL':
    case 'connection lost':
      return 'no schedule that was tried broke the exchange there, or the target resumed nothing'
    case 'new message':
    case 'PUBLISH':
    case 'PUBREC':
    case 'PUBCOMP':
    case 'PUBACK':
      return 'no flow that was tried has such an exchange'
  }
}
