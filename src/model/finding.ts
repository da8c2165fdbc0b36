import type { Version } from './version.ts'

/** Strength of the rule. SHOULD findings warn, MAY findings inform, MUST findings fail. */
export type Level = 'MUST' | 'SHOULD' | 'MAY'

/**
 * A statement of the standard: `5.0:MQTT-4.3.3-10`, or, where the standard numbers none (all of 3.1, figures, prose),
 * a section: `3.1:§4.3`, `5.0:§4.9`.
 */
export type StatementRef = `${Version}:${string}`

/** Which judge found it. */
export type Judge = 'expectation' | 'referee' | 'ledger' | 'audit' | 'probe'

/** Place in a suite file. `line` and `column` count from 1. */
export type Place = { file: string; line: number; column: number }

/** A breach as a pure judge reports it: no file, no clock, only the event it rests on. */
export type Breach = {
  statement: StatementRef
  level: Level
  message: string
  expected: string
  got: string
  /** What came closest to what was expected. */
  nearestMiss?: string
  /** `seq` of the trace event it points at. */
  seq: number
  judge: Judge
  /**
   * `durability`: the target claims a session and misses part of it after a restart; reported apart (docs/qos2.md, Restart).
   * `dispute`: the standard can be read both ways; never more than a warning.
   */
  about?: 'durability' | 'dispute'
  /** Rests on what did not come: nothing in the trace proves it. */
  absent?: true
}

/** A breach within a run: with the suite line that met it and the time. */
export type Finding = Breach & { at?: Place; atMs: number }
