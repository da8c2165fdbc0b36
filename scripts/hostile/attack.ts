import type { Arena } from './arena.ts'

/** What may go against mqttspec, and what it must end with. */
export type Attack = {
  /** Unique; the words of the command line choose by it. */
  name: string
  /** The exit codes that tell the truth about it. */
  exits: readonly number[]
  /** Words that must stand in no report and on no stream, in whatever form. */
  secrets?: readonly string[]
  /** Bounds of its own, where the common ones do not fit. */
  secondsMax?: number
  /** It is one of the few that `npm test` plays too. */
  sample?: true
  /** Why it cannot be played here, such as another platform. */
  skip?(): string | undefined
  /** Plays it and tells what went wrong beside exit code, time and memory. */
  play(arena: Arena): Promise<Played>
}

export type Played = {
  exitCode: number | string
  /** Sentences about what does not hold. */
  complaints?: readonly string[]
}

/** Bounds of every run of mqttspec in an attack. */
export const bounds = { seconds: 60, megabytes: 512 }
