import type { Case } from '../scenario/ast.ts'
import { flatten, insideOf } from '../scenario/visit.ts'

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
  const levels = new Set<number>()
  for (const step of flatten(kase.steps)) if (!insideOf(step)) addLevels(step.body, levels)
  const asked = new Set(
    kase.requires.flatMap(condition => (condition.kind === 'feature' ? condition.name : [])),
  )
  return [
    ...[...levels].sort().map(level => `qos-${level}` as Prerequisite),
    ...prerequisites.filter(name => asked.has(name)),
  ]
}

/** The QoS of each PUBLISH in a step; 0 where none is named or only the run knows. */
function addLevels(value: unknown, levels: Set<number>): void {
  if (Array.isArray(value)) {
    for (const item of value) addLevels(item, levels)
    return
  }
  if (typeof value !== 'object' || value === null) return
  const { type, verb, fields } = value as { type?: unknown; verb?: unknown; fields?: unknown }
  if ((type === 'PUBLISH' || verb === 'app.publish') && typeof fields === 'object') {
    const { qos } = (fields ?? {}) as { qos?: unknown }
    if (qos === undefined || qos === 0 || qos === 1 || qos === 2) levels.add(qos ?? 0)
  }
  for (const inner of Object.values(value)) addLevels(inner, levels)
}

/** A topic or filter of the case that does not lie below `$topic`, as its author wrote it; undefined where all do. */
export function topicOutside(kase: Case): string | undefined {
  for (const step of flatten(kase.steps)) {
    const found = insideOf(step) ? undefined : outside(step.body)
    if (found !== undefined) return found
  }
  return undefined
}

const topicKeys = new Set(['topic', 'filter'])

function outside(value: unknown): string | undefined {
  if (typeof value !== 'object' || value === null) return undefined
  for (const [key, inner] of Object.entries(value)) {
    const found = topicKeys.has(key) ? foreign(inner) : undefined
    if (found !== undefined) return found
    const deeper = outside(inner)
    if (deeper !== undefined) return deeper
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
