import type { Case } from '../scenario/ast.ts'
import { flatten, insideOf } from '../scenario/visit.ts'
import { type Fields, recordsIn } from './records-in.ts'

/*
 * What a case rests on beside what it says in `requires`: messages of a QoS, and topics of its own.
 */

/** What the suite of prerequisites asks for; a scenario of it is called so. */
export const prerequisites = [
  'qos-0',
  'qos-1',
  'qos-2',
  'wildcards',
  'several-in-flight',
  'empty-client-id',
] as const
export type Prerequisite = (typeof prerequisites)[number]

const prerequisiteSuite = 'prerequisites/'

/** The prerequisites of a case, the plainest first; none for one that is a prerequisite itself. */
export function prerequisitesOf(kase: Case): Prerequisite[] {
  if (kase.suite.startsWith(prerequisiteSuite)) return []
  const levels = new Set(
    flatten(kase.steps)
      .filter(step => !insideOf(step))
      .flatMap(({ body }) => [...recordsIn(body)].filter(isPublish).flatMap(levelOf)),
  )
  const asked = new Set(
    kase.requires.flatMap(condition => (condition.kind === 'feature' ? condition.name : [])),
  )
  return [
    ...[...levels].sort().map(level => `qos-${level}` as Prerequisite),
    ...prerequisites.filter(name => asked.has(name)),
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

/** A text without `$topic` in it. An empty one is none: a topic alias stands for it. */
function foreign(value: unknown): string | undefined {
  if (typeof value === 'string') return value === '' ? undefined : value
  if (typeof value !== 'object' || value === null) return undefined
  const { kind, parts } = value as { kind?: unknown; parts?: unknown[] }
  if (kind !== 'template' || !Array.isArray(parts)) return undefined
  const ours = parts.some(
    part => typeof part === 'object' && (part as { name?: string })?.name === 'topic',
  )
  return ours ? undefined : parts.map(part => (typeof part === 'string' ? part : '…')).join('')
}
