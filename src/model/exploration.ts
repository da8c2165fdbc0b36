import type { StaticDecode } from 'typebox'
import type * as shapes from './report/exploration.ts'

/** What a search for faults tried and reached: `mqttspec explore`. */
export type Exploration = StaticDecode<typeof shapes.exploration>

export type Machine = StaticDecode<typeof shapes.machine>

export type EdgeSeen = StaticDecode<typeof shapes.edgeSeen>
