import type { Duplex } from 'node:stream'
import type { Budgets } from '../engine/waiting/budgets.ts'
import type { Outcome } from '../explore/outcome.ts'
import type { Atom } from '../explore/schedule.ts'
import type { Setup } from '../explore/setup.ts'
import type { Recorder } from '../model/recorder.ts'
import { type CanaryName, canaryNote } from './canary/canaries.ts'
import { disguised } from './canary/disguise.ts'

/**
 * Where schedules of one setup are run, one after the other: the sessions it has with the target go on from one to the next, as
 * long as nothing is found amiss. Many lanes run side by side.
 */
export type Lane = {
  readonly setup: Setup
  /** It begins with new sessions, which faults in the beginning of the flow need. */
  readonly isNew: boolean
  /** No further schedule may follow. */
  readonly isSpent: boolean
  run(atoms: readonly Atom[]): Promise<Outcome>
  /** Nothing is waited for any more: what runs is lost, and tells nothing. */
  interrupt(): void
  close(): Promise<void>
}

export type LaneOptions = {
  setup: Setup
  /** Fewer than the flow has, where it shrinks. */
  messages: number
  budgets: Budgets
  /** Ends what would wait longer than any answer takes. */
  signal: AbortSignal
  /** Letters and digits that no other lane uses. */
  nonce: string
  maxPacketBytes: number
  /** The trace is kept, and the end is fenced by a message behind all others. */
  alone: boolean
  /** What is owed may take as long as an answer may take; else fences alone say that nothing more comes, for a first look. */
  patient: boolean
  /** Identifiers of ours count up from here and come to their end; undefined: the lowest free one. */
  idsFrom?: number
  /** A flaw that is put upon the target, which the search has to find. */
  canary?: CanaryName
}

/** A connection to the target, with the canary of the lane between. */
export function withCanary(
  stream: Duplex,
  { canary, setup }: Pick<LaneOptions, 'canary' | 'setup'>,
  recorder: Recorder,
): Duplex {
  if (canary === undefined) return stream
  return disguised(stream, canary, setup.version, text => {
    recorder.record({ kind: 'note', text: `${canaryNote}${text}` })
  })
}

/** Rounds of PINGREQ in which nothing else comes, after which nothing is expected any more. */
export const quietRounds = 3

/** How long a lane waits for what it expects before it asks by PINGREQ. */
export const askAfterMs = 25

/** Rounds of `replyMs` for which a lane waits while the target pays off what it owes. */
export const roundsMax = 4

/** So often peers come back at the end of one schedule, faults that strike them again included. */
export const returnsMax = 8

/** A target that never comes to rest is not waited for for ever. */
export const turnsMax = 200

export const interruptedText = 'the search was interrupted'

/** A lane whose target is its own: it ends with the lane. */
export function withOwnTarget(lane: Lane, stop: () => Promise<void>): Lane {
  return {
    setup: lane.setup,
    get isNew() {
      return lane.isNew
    },
    get isSpent() {
      return lane.isSpent
    },
    run: atoms => lane.run(atoms),
    interrupt: () => lane.interrupt(),
    close: () => lane.close().finally(stop),
  }
}
