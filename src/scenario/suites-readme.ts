import { type BugClass, bugClasses } from '../standard/bug-classes.ts'
import { statements } from '../standard/statements.ts'
import type { Suite } from './ast.ts'
import { canHave, detectors, type Side, sides, type UndetectedList } from './detection.ts'
import { flatten } from './visit.ts'

/** `suites/README.md`: what the suites hold, and which known bugs they detect. */
export function suitesReadme(suites: readonly Suite[], list: UndetectedList): string {
  const groups: [title: string, role: Suite['role']][] = [
    ['Suites that test a broker', 'client'],
    ['Suites that test a client', 'broker'],
    ['Suites that test a client behind a proxy', 'proxy'],
  ]
  return `${[
    '# Suites',
    '',
    '<!-- Made by scripts/suites-readme.ts from the suites and undetected.yaml; edit those. -->',
    '',
    'The language they are written in is described in [docs/scenario-language.md](../docs/scenario-language.md).',
    '',
    ...groups.flatMap(([title, role]) =>
      section(
        title,
        suites.filter(suite => suite.role === role),
      ),
    ),
    ...bugSection(suites, list),
    ...undetectedSection(list),
    ...breaksSection(suites),
  ].join('\n')}\n`
}

function section(title: string, suites: Suite[]): string[] {
  if (suites.length === 0) return []
  return [
    `## ${title}`,
    '',
    '| suite | about | scenarios | cases | statements |',
    '| --- | --- | ---: | ---: | ---: |',
    ...suites.map(suiteRow),
    `| together | | ${sum(suites, scenarioCount)} | ${sum(suites, suite => suite.cases.length)} | ${coveredBy(suites).size} |`,
    '',
    ...coverage(suites),
    '',
  ]
}

function suiteRow(suite: Suite): string {
  const file = suite.file.replace(/^.*?suites\//, '')
  const { id, title, cases } = suite
  return `| [${id}](${file}) | ${cell(title)} | ${scenarioCount(suite)} | ${cases.length} | ${coveredBy([suite]).size} |`
}

function scenarioCount({ cases }: Suite): number {
  return new Set(cases.map(kase => kase.scenario)).size
}

function sum(suites: Suite[], of: (suite: Suite) => number): number {
  return suites.reduce((total, suite) => total + of(suite), 0)
}

/** Numbered statements only: a section of 3.1 is none. */
function coveredBy(suites: Suite[]): Set<string> {
  return new Set(
    suites
      .flatMap(suite => suite.cases)
      .flatMap(kase => kase.covers)
      .filter(ref => statements.has(ref)),
  )
}

function coverage(suites: Suite[]): string[] {
  const covered = coveredBy(suites)
  const kind = suites[0]?.role === 'client' ? 'broker' : 'client'
  return (['3.1.1', '5.0'] as const).map(version => {
    const testable = [...statements.values()].filter(
      one => one.version === version && (one.testable === kind || one.testable === 'both'),
    )
    const met = testable.filter(one => covered.has(one.ref)).length
    return `MQTT ${version}: ${met} of the ${testable.length} statements that can be tested on a ${kind} are covered.  `
  })
}

function bugSection(suites: readonly Suite[], list: UndetectedList): string[] {
  const bySide = new Map(sides.map(side => [side, detectors(suites, side)]))
  return [
    '## Known bugs and the scenarios that detect them',
    '',
    `| class | what goes wrong | ${sides.join(' | ')} |`,
    '| --- | --- | --- | --- |',
    ...[...bugClasses].map(
      ([id, bug]) =>
        `| ${id} | ${cell(bug.title)} | ${sides.map(side => detection(id, bug, side, bySide.get(side)!, list)).join(' | ')} |`,
    ),
    '',
  ]
}

function detection(
  id: string,
  bug: BugClass,
  side: Side,
  detected: Map<string, string[]>,
  { undetected }: UndetectedList,
): string {
  const scenarios = detected.get(id)
  if (scenarios) return scenarios.map(scenario => `\`${scenario}\``).join(', ')
  if (!canHave(bug, side)) return 'cannot have it'
  return undetected.some(one => one.bug === id && one.side === side)
    ? 'not detected, see below'
    : 'none yet'
}

function undetectedSection({ undetected }: UndetectedList): string[] {
  if (undetected.length === 0) return []
  return [
    '## Not detected, and why',
    '',
    ...undetected.map(
      ({ bug, side, reason }) => `- **${bug}** on the ${side} side: ${reason.trim()}`,
    ),
  ]
}

/** What our own side breaks, so that nobody takes it for a mistake. */
function breaksSection(suites: readonly Suite[]): string[] {
  const broken = new Map<string, Set<string>>()
  for (const suite of suites) {
    for (const { scenario, version, steps } of suite.cases) {
      for (const { breaks } of flatten(steps)) {
        const name = `${suite.id}/${scenario}`
        for (const statement of breaks?.[version] ?? []) {
          broken.set(name, (broken.get(name) ?? new Set()).add(statement))
        }
      }
    }
  }
  if (broken.size === 0) return []
  return [
    '',
    '## Broken on purpose',
    '',
    'What the harness itself breaks in these scenarios, to see how the target takes it.',
    '',
    '| scenario | statements |',
    '| --- | --- |',
    ...[...broken].map(([name, all]) => `| \`${name}\` | ${[...all].sort().join(', ')} |`),
  ]
}

/** Text in a cell of a table. */
function cell(text: string): string {
  return text.replaceAll('|', '\\|').replaceAll('\n', ' ')
}
