import t from 'tap'
import { readSuites } from '../src/run/choice/choose-suites.ts'
import type { Case } from '../src/scenario/ast.ts'
import { equivalents } from '../src/standard/statements/equivalents.ts'
import { unseen } from '../src/standard/statements/unseen.ts'
import { statements } from '../src/standard/statements.ts'

/*
 * A rule that stands in both versions is tested in both. Scenarios that are about it in one alone are listed, each with a reason.
 */

type Ref = `3.1.1:MQTT-${string}` | `5.0:MQTT-${string}`

const pairs = equivalents.map(([v3, v5]): [Ref, Ref] => [`3.1.1:MQTT-${v3}`, `5.0:MQTT-${v5}`])

/** Scenarios that are about a rule in one version and not about its like in the other, and why that is right. */
const oneSided: { [scenario: string]: { ref: Ref; why: string } } = {
  'formats/broker/subscribe/qos-3': {
    ref: '3.1.1:MQTT-3.8.3-4',
    why: '3.1.1 has QoS 3 and reserved bits in one statement; of QoS 3 5.0 speaks in §3.8.3.1, which has no number',
  },
  'protocol/malformed/subscribe-at-qos-3': { ref: '3.1.1:MQTT-3.8.3-4', why: 'as above' },
  'topics/matching/publish-to-sys': {
    ref: '5.0:MQTT-4.3.3-9',
    why: 'a PUBREC of 3.1.1 cannot refuse',
  },
  'qos1/both-roles/puback-read': {
    ref: '5.0:MQTT-4.4.0-1',
    why: '5.0 alone forbids to send anything again that was acknowledged',
  },
  'proxy/client-sends/pubrec-slow': {
    ref: '5.0:MQTT-4.4.0-1',
    why: '5.0 alone forbids to send again while the connection lasts',
  },
  'proxy/client-sends/pubcomp-slow': { ref: '5.0:MQTT-4.4.0-1', why: 'as above' },
}

t.test('the table holds statements that there are, each row once', async t => {
  for (const ref of pairs.flat()) t.ok(statements.has(ref), ref)
  t.equal(new Set(pairs.map(pair => pair.join())).size, pairs.length)
  t.ok(pairs.length > 100, `${pairs.length} rows`)
})

t.test('a rule of both versions has cases in both, for each kind of target', async t => {
  const { suites } = await readSuites([])
  const cases = suites.flatMap(suite => suite.cases)
  for (const kind of ['broker', 'client'] as const) {
    const covered = new Set(
      cases
        .filter(kase => (kase.role === 'client') === (kind === 'broker'))
        .flatMap(kase => kase.covers),
    )
    const excused = (ref: Ref) => {
      const reason = unseen[ref]
      const testable = statements.get(ref)?.testable
      return (
        (reason !== undefined && (reason.of ?? kind) === kind) ||
        (testable !== 'both' && testable !== kind)
      )
    }
    for (const [v3, v5] of pairs) {
      if (covered.has(v3) && !excused(v5)) t.ok(covered.has(v5), `${kind}: ${v5}, as ${v3}`)
      if (covered.has(v5) && !excused(v3)) t.ok(covered.has(v3), `${kind}: ${v3}, as ${v5}`)
    }
  }
})

t.test('a scenario in both versions is about a rule in both', async t => {
  const { suites } = await readSuites([])
  const scenarios = new Map<string, Case[]>()
  for (const kase of suites.flatMap(suite => suite.cases)) {
    const id = `${kase.suite}/${kase.scenario}`
    scenarios.set(id, [...(scenarios.get(id) ?? []), kase])
  }
  const found = [...scenarios].flatMap(([id, cases]) => {
    const covers = (version: string) =>
      new Set(cases.filter(kase => kase.version === version).flatMap(kase => kase.covers))
    const old = covers('3.1.1')
    const now = covers('5.0')
    if (old.size === 0 || now.size === 0) return []
    const sideOf = (own: Set<string>, other: Set<string>, from: 0 | 1) =>
      pairs
        .map(pair => pair[from])
        .filter(ref => own.has(ref))
        .filter(ref => !pairs.some(pair => pair[from] === ref && other.has(pair[1 - from] ?? '')))
        .map(ref => `${id} ${ref}`)
    return [...sideOf(old, now, 0), ...sideOf(now, old, 1)]
  })
  const excused = Object.entries(oneSided).map(([id, { ref }]) => `${id} ${ref}`)
  t.same([...new Set(found)].sort(), excused.sort())
})
