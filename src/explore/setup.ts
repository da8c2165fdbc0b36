import type { Version } from '../model/version.ts'
import type { Flow } from './flow.ts'

/** How our peers behave where the standard leaves it to them. */
export type Manner = {
  /** After a cut a peer comes back at once, or only when all others have come to rest. */
  back: 'at once' | 'at rest'
  /** Undisturbed rounds of the flow on the same sessions before the one that is disturbed: ids are in use again then. */
  before: 0 | 1
}

/** One flow, in one version, in one manner: the second number of a replay id is its index. */
export type Setup = { index: number; flow: Flow; version: Version; manner: Manner }

const manners: readonly Manner[] = [
  { back: 'at once', before: 0 },
  { back: 'at rest', before: 0 },
  { back: 'at once', before: 1 },
  { back: 'at rest', before: 1 },
]

/** What most targets speak first: a search that runs out of time has seen that at least. */
const order: readonly Version[] = ['3.1.1', '5.0', '3.1']

/** Every setup of these flows. The table is the same whatever the target speaks, so that its indexes are. */
export function setupsOf(flows: readonly Flow[]): Setup[] {
  const setups: Setup[] = []
  for (const flow of flows) {
    for (const version of order) {
      for (const manner of manners) setups.push({ index: setups.length, flow, version, manner })
    }
  }
  return setups
}

/** `explore/qos2-publish:5.0`: setups of one flow and version are told together. */
export function caseIdOf({ flow, version }: Setup): string {
  return `explore/${flow.id}:${version}`
}
