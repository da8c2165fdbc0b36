import type { Finding, StatementRef } from '../model/finding.ts'
import type { PacketType } from '../model/packet-type.ts'
import type { CaseResult, Cause } from '../model/report.ts'
import { fixOf } from './fixes.ts'
import { primaryFinding } from './primary.ts'
import { shapeOf } from './shape.ts'
import { byEffort } from './simplicity.ts'

/*
 * A broker with one mistake fails many cases. Those that broke the same statement in the same way by the same packet have one cause:
 *
 *   qos2/a:5.0      MQTT-3.3.1-1  "PUBLISH id 7 was sent again without DUP"   ┐
 *   qos2/b:5.0      MQTT-3.3.1-1  "PUBLISH id 31 was sent again without DUP"  ├ one cause, in words "PUBLISH id # was sent again …"
 *   qos2/a:3.1.1    MQTT-3.3.1-1  "PUBLISH id 9 was sent again without DUP"   ┘
 *
 * The versions number their statements apart, so that a scenario which fails in the same way in two of them joins their causes.
 */

/** Why cases failed or warned: what asks for work first on top, the simplest case of each first. */
export function causesOf(results: readonly CaseResult[]): Cause[] {
  const told = results.filter(({ verdict }) => verdict === 'fail' || verdict === 'warn')
  const held = heldBack(results)
  const causes = joined(told.map(toldBy)).map(parts => causeOf(parts, held))
  const sorted = causes.sort(byUrgency)
  const names = new Map<string, number>()
  return sorted.map(cause => {
    const times = (names.get(cause.name) ?? 0) + 1
    names.set(cause.name, times)
    return times === 1 ? cause : { ...cause, name: `${cause.name}-${times}` }
  })
}

/** What one case has to say. */
type Told = {
  result: CaseResult
  statement: StatementRef
  level: Cause['level']
  says: string
  packet: PacketType | undefined
  shape: string
}

function toldBy(result: CaseResult): Told {
  const finding = primaryFinding(result)
  if (finding === undefined) {
    // A report of another hand: the reason is all there is.
    const statement = result.covers[0] ?? (`${result.version}:§4.3` as const)
    const says = shapeOf({ message: result.reason })
    return { result, statement, level: 'MUST', says, packet: undefined, shape: says }
  }
  const says = shapeOf(finding)
  const packet = packetOf(result, finding)
  const { statement, level } = finding
  return { result, statement, level, says, packet, shape: `${says}\n${packet ?? ''}` }
}

/** The packet that a finding rests on. What did not come shows by none, whatever came last before. */
function packetOf({ trace }: CaseResult, { seq, absent, judge }: Finding) {
  const event = trace[seq]
  // What a step waited for is in its words.
  if (absent || judge === 'expectation') return undefined
  return event?.kind === 'packet' && event.from === 'target' ? event.packet.type : undefined
}

/** Groups of what is one cause. */
function joined(all: Told[]): Told[][] {
  const groups = new Map<string, Told[]>()
  const leads = new Map<string, string>()
  const leadOf = (key: string): string => {
    const next = leads.get(key) ?? key
    return next === key ? key : leadOf(next)
  }
  const byScenario = new Map<string, string>()
  for (const one of all) {
    const { verdict, id } = one.result
    const key = JSON.stringify([verdict, one.statement, one.shape])
    groups.set(key, [...(groups.get(key) ?? []), one])
    // The id without its version names what was played.
    const played = JSON.stringify([
      verdict,
      id.replace(/:(3\.1|3\.1\.1|5\.0)(?=:|$)/, ''),
      one.shape,
    ])
    const other = byScenario.get(played)
    if (other === undefined) byScenario.set(played, key)
    else leads.set(leadOf(key), leadOf(other))
  }
  const whole = new Map<string, Told[]>()
  for (const [key, group] of groups) {
    const lead = leadOf(key)
    whole.set(lead, [...(whole.get(lead) ?? []), ...group])
  }
  return [...whole.values()]
}

function causeOf(parts: Told[], held: Map<string, number>): Cause {
  const cases = parts.map(one => one.result).sort(byEffort)
  const first = parts.find(one => one.result === cases[0])!
  const prerequisite = cases.find(({ suite }) => isPrerequisite(suite))
  const fix = fixOf(first.says)
  const statements = [...new Set(parts.map(one => one.statement))].sort()
  return {
    name: nameOf(first.says),
    verdict: first.result.verdict === 'fail' ? 'fail' : 'warn',
    level: first.level,
    statements,
    says: first.says,
    ...(first.packet === undefined ? {} : { packet: first.packet }),
    ...(fix === undefined ? {} : { fix }),
    ...(prerequisite
      ? { heldBack: cases.reduce((sum, { id }) => sum + (held.get(id) ?? 0), 0) }
      : {}),
    cases: cases.map(({ id }) => id),
  }
}

/** How many cases were not run because that one failed, by its id. */
function heldBack(results: readonly CaseResult[]): Map<string, number> {
  const counts = new Map<string, number>()
  for (const { verdict, reason } of results) {
    const because = verdict === 'skipped' ? /\bbecause (\S+) failed/.exec(reason)?.[1] : undefined
    if (because !== undefined) counts.set(because, (counts.get(because) ?? 0) + 1)
  }
  return counts
}

function isPrerequisite(suite: string): boolean {
  return suite.startsWith('prerequisites')
}

/** A failure before a warning, what all else rests on before what fails for itself, then the cause of the most cases. */
function byUrgency(one: Cause, other: Cause): number {
  const rank = (cause: Cause) => [
    cause.verdict === 'fail' ? 0 : 1,
    cause.heldBack === undefined ? 1 : 0,
    -(cause.cases.length + (cause.heldBack ?? 0)),
  ]
  const [a, b] = [rank(one), rank(other)]
  const differs = a.findIndex((value, index) => value !== b[index])
  if (differs >= 0) return a[differs]! - b[differs]!
  return one.says < other.says ? -1 : 1
}

/** Letters for a link: `publish-id-was-sent-again-without-dup`. */
function nameOf(says: string): string {
  const words = says.toLowerCase().match(/[a-z0-9]+/g) ?? ['cause']
  return words
    .join('-')
    .slice(0, 80)
    .replace(/-[^-]*$/, text => (words.join('-').length > 80 ? '' : text))
}
