import type { StatementRef } from '../../model/finding.ts'

/** Why no case can be seen failing by a statement. A closed list: any other reason is a case that has not been written yet. */
export const unseenReasons = {
  structural: 'what breaks it cannot be written down, or is no MQTT any more',
  'not from outside':
    'what sets it off happens inside the target, where no harness can look or act',
  'binds a person': 'it asks something of people, not of what they run',
  'contradicted by another': 'another statement asks the opposite',
} as const

export type UnseenReason = keyof typeof unseenReasons

export type Unseen = {
  reason: UnseenReason
  why: string
  /** The kind of target for which it cannot be seen; both by default. */
  of?: 'broker' | 'client'
}

/** The statements that stay without a case, and why. `scripts/coverage.test.ts` holds that all others have one. */
export const unseen: { readonly [ref in StatementRef]?: Unseen } = {
  '3.1.1:MQTT-4.7.3-3': {
    reason: 'structural',
    why: 'a length of two bytes cannot say more than 65535',
  },
  '5.0:MQTT-4.7.3-3': {
    reason: 'structural',
    why: 'a length of two bytes cannot say more than 65535',
  },
  '3.1.1:MQTT-7.1.1-1': {
    reason: 'structural',
    why: 'a server without such a transport cannot be reached at all',
  },
  '3.1.1:MQTT-7.1.2-1': {
    reason: 'structural',
    why: 'a client without such a transport does not connect at all',
  },
  '5.0:MQTT-4.2-1': {
    reason: 'structural',
    why: 'a peer without such a transport cannot be reached at all',
  },
  '3.1.1:MQTT-4.8.0-2': {
    reason: 'not from outside',
    why: 'a transient error such as a buffer that is full is nothing a peer can cause for sure',
  },
  '3.1.1:MQTT-3.2.2-6': {
    reason: 'not from outside',
    why: 'no cause of refusal that a client can set up lacks a return code; any other code is a breach that the audit finds',
  },
  '3.1.1:MQTT-7.0.0-1': {
    reason: 'binds a person',
    why: 'it says by which rules a bridge is to be judged',
  },
  '3.1.1:MQTT-7.0.0-2': { reason: 'binds a person', why: 'it says what may be called conforming' },
}
