import type { StaticDecode } from 'typebox'
import type * as shapes from './report/finding.ts'
import type { level, place, statement } from './report/values.ts'

/** Strength of the rule. SHOULD findings warn, MAY findings inform, MUST findings fail. */
export type Level = StaticDecode<typeof level>

/**
 * A statement of the standard: `5.0:MQTT-4.3.3-10`, or, where the standard numbers none (all of 3.1, figures, prose),
 * a section: `3.1:§4.3`, `5.0:§4.9`.
 */
export type StatementRef = StaticDecode<typeof statement>

/** Which judge found it. */
export type Judge = StaticDecode<typeof shapes.judge>

/** Place in a suite file. `line` and `column` count from 1. */
export type Place = StaticDecode<typeof place>

/** A breach within a run: with the suite line that met it and the time. */
export type Finding = StaticDecode<typeof shapes.finding>

/** A breach as a pure judge reports it: no file, no clock, only the event it rests on. */
export type Breach = Omit<Finding, 'at' | 'atMs'>
