import type { Flaw } from '../../fixtures/testing/peers/flaws/index.ts'
import type { Case } from '../../src/scenario/ast.ts'
import { isFromTable, isHeavy, isSlow } from './weigh.ts'

/** `suite/scenario`: what stays of a case's id without version and matrix. */
export function scenarioOf(id: string): string {
  return id.slice(0, id.includes(':') ? id.indexOf(':') : undefined)
}

/** Whether the case says that it detects the flaw's class, or covers a statement that the flaw breaks. */
export function isAbout(kase: Pick<Case, 'bugs' | 'covers'>, flaw: Flaw): boolean {
  return (
    (flaw.bug !== undefined && kase.bugs.includes(flaw.bug)) ||
    kase.covers.some(statement => flaw.statements.includes(statement))
  )
}

/** So many cases that are about a flaw are run at first: enough to catch it, and to see by what. */
const firstMax = 24

/** The stages whose cases are about the flaw. */
const aboutStages = 3

/**
 * The cases a flaw meets, in stages; the next is run only while the flaw is not caught. First what killed it in an earlier proof;
 * then what is about the flaw, one case of each scenario and version; then all of it; the heavy ones in one version; then one case of every scenario; then the rest.
 */
export function stagesFor(
  flaw: Flaw,
  all: readonly Case[],
  first: readonly string[] = [],
): Case[][] {
  const again = new Set(first)
  const cases = all.filter(({ version }) => (flaw.versions as string[]).includes(version))
  const near = cases.filter(kase => isAbout(kase, flaw)).sort(classFirst(flaw))
  const light = near.filter(kase => !isHeavy(kase))
  const others = cases.filter(kase => !isHeavy(kase) && !isSlow(kase))
  const stages = [
    cases.filter(({ id }) => again.has(id)),
    oneOfEach(light).slice(0, firstMax),
    light,
    firstOfEach(near.filter(isHeavy).reverse()),
    oneOfEach(others),
    others,
  ]
  const begun = new Set<Case>()
  // What nobody can see from outside is held against what is about it alone: that it is no more than that is shown so.
  const met = flaw.invisible === undefined ? stages : stages.slice(0, aboutStages)
  return met.map(stage => {
    const fresh = stage.filter(kase => !begun.has(kase))
    for (const kase of fresh) begun.add(kase)
    return fresh
  })
}

/** What was written for its class goes first, then what covers a statement that it breaks, then what is made from a table. */
function classFirst({ bug }: Flaw): (a: Case, b: Case) => number {
  const rank = (kase: Case) =>
    (isFromTable(kase) ? 2 : 0) + (bug !== undefined && kase.bugs.includes(bug) ? 0 : 1)
  return (a, b) => rank(a) - rank(b)
}

/** The first case of each scenario in each version. */
export function oneOfEach(cases: readonly Case[]): Case[] {
  return firstBy(cases, ({ id, version }) => `${scenarioOf(id)}:${version}`)
}

/** The first case of each scenario, in whatever version. */
function firstOfEach(cases: readonly Case[]): Case[] {
  return firstBy(cases, ({ id }) => scenarioOf(id))
}

function firstBy(cases: readonly Case[], keyOf: (kase: Case) => string): Case[] {
  const seen = new Set<string>()
  return cases.filter(kase => {
    const key = keyOf(kase)
    if (seen.has(key)) return false
    seen.add(key)
    return true
  })
}
