import type { Facts } from '../../engine/applicable/applicable.ts'
import { type Prerequisite, prerequisites, prerequisitesOf } from '../../engine/applicable/needs.ts'
import type { CaseResult } from '../../model/report.ts'
import type { Version } from '../../model/version.ts'
import type { Case, Suite } from '../../scenario/ast.ts'
import { readPackaged } from './choose-suites.ts'

/*
 * Before a target is judged it is asked for what all else rests on: one message at each QoS. Where that does not work, it is told once,
 * with its ladder, and the cases that need it say so instead of failing for the same reason. A scenario of prerequisites bears the name
 * of what it proves.
 */

export type Unmet = NonNullable<Facts['unmet']>

export type Asked = {
  unmet: Unmet
  /** What was not met and is the target's to choose, by the id of the case: its reason. */
  free: NonNullable<Facts['free']>
  /** What failed, to be told even where nobody asked for these cases. */
  failed: CaseResult[]
}

/** The cases of prerequisites that fit a target of that role. */
export async function prerequisiteCases(
  role: 'broker' | 'client',
  versions: readonly Version[],
): Promise<Case[]> {
  const suites = await readPackaged('prerequisites')
  const plays = role === 'broker' ? 'client' : 'broker'
  return suites
    .flatMap((suite: Suite) => suite.cases)
    .filter(kase => kase.role === plays && versions.includes(kase.version))
}

/**
 * `run` runs cases and gives a result for each; what fails is asked for again, alone, before it is believed. `fingerprint` holds what the
 * target announces.
 */
export async function askPrerequisites(
  cases: Case[],
  fingerprint: Facts['fingerprint'],
  run: (cases: Case[]) => Promise<CaseResult[]>,
): Promise<Asked> {
  const first = await run(cases)
  const failing: Failing[] = []
  for (const [index, kase] of cases.entries()) {
    if (isMet(first[index])) continue
    const [result] = await run([kase])
    const name = prerequisites.find(one => one === kase.scenario)
    if (result && name && !isMet(result) && !(isByRefusal(name) && isSilent(result)))
      failing.push({ kase, name, result })
  }
  const unmet: Unmet = {}
  const free: Asked['free'] = {}
  for (const one of failing) {
    const { kase, name } = one
    const because = isDenied(one, failing)
      ? deniedReason
      : (limitOf(one, fingerprint) ?? reasonOf(one))
    unmet[kase.version] = { ...unmet[kase.version], [name]: because }
    if (isFree(one, failing, fingerprint)) free[kase.id] = because
  }
  const told = failing.filter(
    one => one.result.verdict === 'fail' && !isFree(one, failing, fingerprint),
  )
  return { unmet, free, failed: told.map(({ result }) => result) }
}

/** The standard leaves it to the target, or to those who run it. */
function isFree(one: Failing, failing: Failing[], fingerprint: Facts['fingerprint']): boolean {
  return isChoice(one.name) || isDenied(one, failing) || limitOf(one, fingerprint) !== undefined
}

type Failing = { kase: Case; name: Prerequisite; result: CaseResult }

function isMet(result: CaseResult | undefined): boolean {
  return (
    result === undefined ||
    result.verdict === 'pass' ||
    result.verdict === 'warn' ||
    result.verdict === 'skipped'
  )
}

/** What is found out by an answer, and not by silence. */
function isByRefusal(name: Prerequisite): boolean {
  return name === 'wildcards' || name.startsWith('granted-')
}

/** It broke something other than by refusing what it was asked for: the cases are to tell. */
function isSilent({ findings }: CaseResult): boolean {
  return !findings.some(({ absent }) => !absent)
}

/** What the standard leaves to the target is no failure of it: what it does instead. */
const choices: { [P in Prerequisite]?: string } = {
  'granted-qos-1': 'it grants subscriptions no more than QoS 0',
  'granted-qos-2': 'it grants subscriptions no more than QoS 1',
  wildcards: 'it refuses subscriptions with wildcards',
  'several-in-flight': 'it has one message in flight at a time',
  'empty-client-id': 'it makes up a client identifier where its application gives none',
}

function isChoice(name: Prerequisite): boolean {
  return choices[name] !== undefined
}

function reasonOf({ name, result }: Failing): string {
  const choice = choices[name]
  if (choice !== undefined) return choice
  return result.verdict === 'fail' ? `because ${result.id} failed` : `because ${result.reason}`
}

/** A limit of 5.0 that the target keeps to in 3.1 and 3.1.1 too, where nothing can announce it. */
function limitOf({ kase, name }: Failing, fingerprint: Facts['fingerprint']): string | undefined {
  const highest = fingerprint.maximumQoS
  if (kase.version === '5.0' || highest === undefined || !name.includes('qos-')) return undefined
  if (Number(highest) >= Number(name.at(-1))) return undefined
  return `its CONNACK of 5.0 says Maximum QoS ${highest}, which ${kase.version} cannot announce`
}

const deniedReason =
  'because what is published on a topic of ours reaches no subscriber at any QoS, as where access is denied; --topic-prefix says which topics are ours'

/**
 * A broker that acknowledges and delivers nothing at any QoS may deny us the topic, and has no way to tell a client of 3.1.1
 * [3.1.1:MQTT-3.3.5-2]: nothing is held against it, and the reason says what to do.
 */
function isDenied({ kase }: Failing, failing: Failing[]): boolean {
  return (['qos-0', 'qos-1', 'qos-2'] as const).every(name =>
    failing.some(
      one => one.name === name && one.kase.version === kase.version && isUndelivered(one),
    ),
  )
}

/** Only the last step failed: all was granted and acknowledged, and nothing arrived. */
function isUndelivered({ kase, result }: Failing): boolean {
  const last = kase.steps.at(-1)?.place.line
  const { findings } = result
  return findings.length > 0 && findings.every(({ at, absent }) => absent && at?.line === last)
}

/** What is asked of the target first: all of it with a broker, where all is cheap, and with a client what some case needs. */
export async function prerequisitesFor(cases: Case[], facts: Facts): Promise<Case[]> {
  const versions = facts.versions.filter(version =>
    cases.some(kase => kase.version === version && restsOnAsking(kase)),
  )
  const there = await prerequisiteCases(facts.target.role, versions)
  if (facts.target.role === 'broker') return there
  const wanted = new Set(cases.flatMap(kase => prerequisitesOf(kase).map(String)))
  return there.filter(kase => wanted.has(kase.scenario))
}

/** It needs a prerequisite, or is one: what the target is free to do is known only when all have been asked. */
function restsOnAsking(kase: Case): boolean {
  return prerequisitesOf(kase).length > 0 || kase.suite.startsWith('prerequisites/')
}
