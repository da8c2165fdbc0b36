import type { Problem } from '../model/schema/problem.ts'
import { readYaml } from '../model/schema/read-yaml.ts'
import { text, word } from '../model/schema/scalars.ts'
import { listOf, must, record } from '../model/schema/shapes.ts'
import { type BugClass, bugClasses } from '../standard/bug-classes.ts'
import type { Suite } from './ast.ts'

/** Which kind of peer shows a bug. */
export const sides = ['broker', 'client'] as const
export type Side = (typeof sides)[number]

/** A class of bugs that no scenario detects on one side, and why. */
export type Undetected = { bug: string; side: Side; reason: string }

export type UndetectedList = {
  /** Sides whose suites are written: there every class is detected or listed. */
  complete: Side[]
  undetected: Undetected[]
}

const side = word('side', sides)
const list = record(
  {
    complete: must(listOf(side), 'Sides whose suites are written.'),
    undetected: must(
      listOf(
        record(
          {
            bug: must(text('the id of a bug class'), 'The class.'),
            side: must(side, 'On which side.'),
            reason: must(text(), 'Why no scenario can show it.'),
          },
          'a class that is not detected: bug, side, reason',
        ),
      ),
      'Classes that no scenario detects.',
    ),
  },
  'complete and undetected',
)

/** Reads `suites/undetected.yaml`; every mistake in it is a problem with its place. */
export function parseUndetected(
  path: string,
  source: string,
): { read: UndetectedList | undefined; problems: Problem[] } {
  const { root, problems } = readYaml(path, source)
  if (!root) return { read: undefined, problems }
  const read = list.read(root, { report: problem => problems.push(problem), locals: new Map() })
  return { read, problems }
}

/** Whether a peer of this side can have the bug: `client as sender` is no broker's, `sender` is both's. */
export function canHave(bug: BugClass, side: Side): boolean {
  const other = side === 'broker' ? 'client' : 'broker'
  return bug.side.split('/').some(part => !part.startsWith(other))
}

/** `suite/scenario` of every scenario that names the class, by class, for one side. */
export function detectors(suites: readonly Suite[], side: Side): Map<string, string[]> {
  const roles: Suite['role'][] = side === 'broker' ? ['client'] : ['broker', 'proxy']
  const found = new Map<string, Set<string>>()
  for (const suite of suites) {
    if (!roles.includes(suite.role)) continue
    for (const { bugs, scenario } of suite.cases) {
      for (const bug of bugs) {
        found.set(bug, (found.get(bug) ?? new Set()).add(`${suite.id}/${scenario}`))
      }
    }
  }
  return new Map([...found].map(([bug, scenarios]) => [bug, [...scenarios]]))
}

/**
 * What does not add up, one sentence each: a class that a complete side neither detects nor lists, an entry about a class that is
 * detected after all, that this side cannot have, or that does not exist.
 */
export function gaps(suites: readonly Suite[], { complete, undetected }: UndetectedList): string[] {
  const found: string[] = []
  for (const side of sides) {
    const detected = detectors(suites, side)
    const listed = new Set(undetected.filter(one => one.side === side).map(one => one.bug))
    for (const [id, bug] of bugClasses) {
      const seen = detected.has(id)
      if (seen && listed.has(id)) found.push(`${id} is listed as undetected on the ${side} side`)
      if (!complete.includes(side) || !canHave(bug, side) || seen || listed.has(id)) continue
      found.push(`${id} is neither detected nor listed on the ${side} side: ${bug.title}`)
    }
    for (const id of listed) {
      const bug = bugClasses.get(id)
      if (!bug) found.push(`${id} is no bug class`)
      else if (!canHave(bug, side)) found.push(`${id} is no bug of the ${side} side`)
    }
  }
  return found
}
