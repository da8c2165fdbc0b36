import type { Version } from './version.ts'

/** What a search for faults tried and reached: `mqttspec explore`. */
export type Exploration = {
  /** Schedules that were run and judged. */
  schedules: number
  /** Of these by stage: `singles`, `pairs`, … */
  stages: { [stage: string]: number }
  /** Places in the passing runs at which something can go wrong. */
  points: number
  /** Schedules in which nothing could be judged. */
  lost: number
  /** Scenarios of the defects: `mqttspec run FILE` fails each in the same way where `fails` says so. */
  scenarios: { id: string; fails: boolean; text: string }[]
  /** The state machines of QoS 1 and 2, with how often the target was seen to take each edge. */
  machines: Machine[]
}

export type Machine = { version: Version; edges: EdgeSeen[] }

export type EdgeSeen = {
  role: 'sender' | 'receiver'
  qos: number
  from: string
  event: string
  to: string
  /** Schedules in which it was taken. */
  times: number
  /** Defects whose exchange stood here. */
  broke: number
  /** Never taken: why. */
  why?: string
}
