import type { Case } from '../../scenario/ast.ts'
import { flatten, insideOf } from '../../scenario/visit.ts'
import { type Fields, recordsIn } from '../traces/records-in.ts'

/*
 * What a case rests on beside what it says in `requires`: messages of a QoS, and topics of its own.
 */

/** What the suite of prerequisites asks for; a scenario of it is called so. */
export const prerequisites = [
  'qos-0',
  'qos-1',
  'qos-2',
  'granted-qos-1',
  'granted-qos-2',
  'wildcards',
  'several-in-flight',
  'empty-client-id',
] as const
export type Prerequisite = (typeof prerequisites)[number]

const prerequisiteSuite = 'prerequisites/'

/** The prerequisites of a case, the plainest first; none for one that is a prerequisite itself. */
export function prerequisitesOf(kase: Case): readonly Prerequisite[] {
  const known = found.get(kase)
  if (known) return known
  const read = readPrerequisites(kase)
  found.set(kase, read)
  return read
}

/** What a case rests on is asked before the run and again before the case. */
const found = new WeakMap<Case, readonly Prerequisite[]>()

function readPrerequisites(kase: Case): Prerequisite[] {
  if (kase.suite.startsWith(prerequisiteSuite)) return []
  const records = flatten(kase.steps)
    .filter(step => !insideOf(step))
    .flatMap(({ body }) => recordsIn(body))
  const levels = new Set(records.flatMap(levelsOf))
  const asked = new Set(
    kase.requires.flatMap(condition => (condition.kind === 'feature' ? condition.name : [])),
  )
  const granted = kase.role === 'client' ? grantedIn(records, Math.max(0, ...levels)) : 0
  return [
    ...[...levels].sort().map(level => `qos-${level}` as Prerequisite),
    ...(granted > 0 ? [`granted-qos-${granted}` as Prerequisite] : []),
    ...prerequisites.filter(name => asked.has(name)),
  ]
}

/** What a record publishes, at which QoS: as a packet, an application, a will, or a fence of several clients. */
function levelsOf(record: Fields): number[] {
  return [
    ...(isPublish(record) ? levelOf(record) : []),
    ...willLevelOf(record),
    ...fenceLevelOf(record),
  ]
}

/** A packet of a step, or what an application is told to publish. */
function isPublish({ type, verb }: Fields): boolean {
  return type === 'PUBLISH' || verb === 'app.publish'
}

/** The QoS of a PUBLISH; 0 where none is named, none where only the run knows. */
function levelOf({ fields }: Fields): number[] {
  const { qos = 0 } = (fields ?? {}) as { qos?: unknown }
  return qos === 0 || qos === 1 || qos === 2 ? [qos] : []
}

/** The QoS of a will. */
function willLevelOf({ will }: Fields): number[] {
  const fields = (will as { map?: { qos?: unknown } } | undefined)?.map
  if (!fields) return []
  return [typeof fields.qos === 'number' ? fields.qos : 0]
}

function fenceLevelOf({ verb, actors }: Fields): number[] {
  return verb === 'fence' && Array.isArray(actors) && actors.length > 1 ? [0] : []
}

/** The QoS that has to be granted: what is subscribed with, as far as something is published with it, or SUBACK has to say so. */
function grantedIn(records: readonly Fields[], published: number): number {
  const subscribing = records.filter(
    ({ type, verb }) => type === 'SUBSCRIBE' || verb === 'subscribe',
  )
  const subscribed = subscribing
    .flatMap(record => recordsIn(record))
    .flatMap(({ qos }) => (typeof qos === 'number' ? qos : []))
  const highest = Math.max(0, ...subscribed)
  if (highest === 0) return 0
  const told = records.flatMap(({ codes }) => numbersIn(codes)).filter(code => code <= 2)
  return Math.max(Math.min(highest, published, 2), ...told)
}

/** Every number in a matcher or a value. */
function numbersIn(value: unknown): number[] {
  if (typeof value === 'number') return [value]
  if (typeof value !== 'object' || value === null) return []
  return Object.values(value).flatMap(numbersIn)
}

/** A topic or filter of the case that does not lie below `$topic`, as its author wrote it; undefined where all do. */
export function topicOutside(kase: Case): string | undefined {
  for (const step of flatten(kase.steps)) {
    if (insideOf(step)) continue
    for (const { topic, filter } of recordsIn(step.body)) {
      const outside = foreign(topic) ?? foreign(filter)
      if (outside !== undefined) return outside
    }
  }
  return undefined
}

/**
 * A text without `$topic` in it, or with anything before that but the name of a share: a slash there makes it another topic. An empty one is
 * none: a topic alias stands for it.
 */
function foreign(value: unknown): string | undefined {
  if (typeof value === 'string') return value === '' ? undefined : value
  if (typeof value !== 'object' || value === null) return undefined
  const { kind, parts } = value as { kind?: unknown; parts?: unknown[] }
  if (kind !== 'template' || !Array.isArray(parts)) return undefined
  const at = parts.findIndex(
    part => typeof part === 'object' && (part as { name?: string })?.name === 'topic',
  )
  const before = parts.slice(0, Math.max(at, 0))
  const isShare = typeof before[0] === 'string' && before[0].startsWith('$share/')
  const ours = at >= 0 && (isShare || before.every(part => part === ''))
  return ours ? undefined : parts.map(part => (typeof part === 'string' ? part : '…')).join('')
}
