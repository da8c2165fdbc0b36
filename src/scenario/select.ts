import { nearest } from '../model/schema/near.ts'
import type { Version } from '../model/version.ts'
import type { Case, Suite, SuiteRole } from './ast.ts'
import { statementsMeant } from './statement-word.ts'

export type Selection = {
  /** Suites, folders, files, scenarios, cases; `*` stands for any characters. None: all. */
  words: readonly string[]
  /** Cases with any of these. */
  tags?: readonly string[]
  versions?: readonly Version[]
  /** Only suites in which the harness plays one of these. */
  roles?: readonly SuiteRole[]
  /** Also those that only run where somebody asks for them. */
  heavy?: boolean
}

/** The cases that any of the words means, in the order of the suites, and the words that mean none. */
export function selectCases(
  suites: readonly Suite[],
  selection: Selection,
): { cases: Case[]; unknown: { word: string; hint?: string }[] } {
  const meant = casesMeant(suites, selection.words)
  const unknown = selection.words
    .filter(word => meant.get(word)?.length === 0)
    .map(word => ({ word, ...hintFor(word, suites) }))
  const wanted = new Set([...meant.values()].flat())
  const cases = suites
    .flatMap(suite => suite.cases)
    .filter(kase => (meant.size === 0 || wanted.has(kase)) && fits(kase, selection))
  return { cases: selection.heavy ? cases : withoutHeavy(cases, selection), unknown }
}

/** What each word means. One that is the id of a case is not held against all others: what failed is run again by hundreds of ids. */
function casesMeant(suites: readonly Suite[], words: readonly string[]): Map<string, Case[]> {
  const all = suites.flatMap(suite => suite.cases.map(kase => ({ kase, suite })))
  const byId = new Map(all.map(({ kase }) => [kase.id, kase]))
  return new Map(
    words.map(word => {
      const exact = byId.get(word)
      if (exact) return [word, [exact]]
      const means = withIncluded(word, suites)
      return [word, all.filter(({ kase, suite }) => means(kase, suite)).map(({ kase }) => kase)]
    }),
  )
}

/**
 * Cases tagged `heavy` take a minute or more. They run where somebody asks for them: by the tag, by the name of the suite
 * or the scenario, or because nothing else is left.
 */
function withoutHeavy(cases: Case[], { tags, words }: Selection): Case[] {
  const named = ({ suite, scenario }: Case) =>
    words.some(word => word.includes(suite) || word.includes(scenario))
  const light = cases.filter(kase => !kase.tags.includes('heavy') || named(kase))
  return tags?.includes('heavy') || light.length === 0 ? cases : light
}

/**
 * As `selectCases`, of what tests a target for which the harness plays these roles: a word that means suites for brokers and for clients
 * (`qos2`) means those that fit. Where it means none of them, all that it means are left in, so that they are shown as skipped.
 */
export function selectFor(
  roles: readonly SuiteRole[],
  suites: readonly Suite[],
  selection: Selection,
): ReturnType<typeof selectCases> {
  const all = selectCases(suites, selection)
  if (selection.words.length === 0) return all
  const wanted = new Set(
    [...casesMeant(suites, selection.words).values()].flatMap(meant => {
      const cases = meant.filter(kase => fits(kase, selection))
      const fitting = cases.filter(kase => roles.includes(kase.role))
      return fitting.length > 0 ? fitting : cases
    }),
  )
  return { ...all, cases: all.cases.filter(kase => wanted.has(kase)) }
}

function fits(kase: Case, { tags, versions, roles }: Selection): boolean {
  if (roles && !roles.includes(kase.role)) return false
  if (versions && !versions.includes(kase.version)) return false
  return !tags || tags.length === 0 || kase.tags.some(tag => tags.includes(tag))
}

/**
 * A word means a case by its id from the front, up to any `/` or `:` (`qos2`, `qos2/broker-receives`, a scenario, a
 * case); by the id of the scenario alone; by the file or a folder above it; or by a statement that it covers (`4.3.3`).
 */
function meaningOf(
  word: string,
): (kase: Pick<Case, 'covers' | 'id' | 'scenario'>, suite: Suite) => boolean {
  const statements = statementsMeant(word)
  if (statements) return kase => kase.covers.some(statements)
  const plain = word.replaceAll('\\', '/').replace(/^\.\//, '').replace(/\/+$/, '')
  if (plain.includes('*')) {
    const pattern = wildcard(plain)
    return (kase, suite) =>
      pattern.test(kase.id) || pattern.test(kase.scenario) || pattern.test(pathOf(suite))
  }
  return (kase, suite) =>
    startsAt(kase.id, plain, '/:') ||
    kase.scenario === plain ||
    startsAt(pathOf(suite), plain, '/') ||
    pathOf(suite).endsWith(`/${plain}`) ||
    `/${pathOf(suite)}`.includes(`/${plain}/`)
}

/** A word that means a whole suite means those that it includes, too. */
function withIncluded(word: string, suites: readonly Suite[]): ReturnType<typeof meaningOf> {
  const means = meaningOf(word)
  const included = suites
    .filter(suite => means({ id: `${suite.id}/`, scenario: '', covers: [] }, suite))
    .flatMap(suite => suite.includes)
  return (kase, suite) =>
    means(kase, suite) || included.some(name => startsAt(pathOf(suite), name, '/'))
}

function pathOf(suite: Suite): string {
  const known = paths.get(suite)
  if (known !== undefined) return known
  const path = suite.file.replaceAll('\\', '/').replace(/^\.\//, '')
  paths.set(suite, path)
  return path
}

/** Every word is held against every case. */
const paths = new WeakMap<Suite, string>()

function startsAt(text: string, start: string, ends: string): boolean {
  if (!text.startsWith(start)) return false
  return text.length === start.length || ends.includes(text.charAt(start.length))
}

function wildcard(text: string): RegExp {
  const literal = (part: string) => part.replace(/[.+?^${}()|[\]\\]/g, '\\$&')
  // Neighbouring stars say the same as one, and would make the match slow.
  return new RegExp(`^${text.split(/\*+/).map(literal).join('.*')}$`, 's')
}

/** The nearest of all that can be named. */
function hintFor(word: string, suites: readonly Suite[]): { hint?: string } {
  const names = new Set<string>()
  for (const suite of suites) {
    names.add(suite.id.split('/', 1)[0] ?? '')
    names.add(suite.id)
    names.add(pathOf(suite))
    for (const { id, scenario } of suite.cases) {
      names.add(id)
      names.add(scenario)
      names.add(`${suite.id}/${scenario}`)
    }
  }
  const hint = nearest(word, names)
  return hint === undefined ? {} : { hint }
}
