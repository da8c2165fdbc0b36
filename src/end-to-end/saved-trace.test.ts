import t from 'tap'
import { brokerFlaw, clientFlaw } from '../../fixtures/testing/peers/flaws/index.ts'
import { brokerTarget, clientTarget } from '../../scripts/proof/peers.ts'
import { byName } from '../engine/wording/by-name.ts'
import type { Breach, Judge } from '../model/finding.ts'
import type { CaseResult } from '../model/report.ts'
import { isTold } from '../oracle/findings.ts'
import { createJudges } from '../oracle/judges.ts'
import { createReporter } from '../reporters/index.ts'
import { parseReport } from '../reporters/reading/parse-report.ts'
import { readSuites } from '../run/choice/choose-suites.ts'
import { runLoaded } from '../run/run.ts'
import type { TargetRole } from '../standard/clauses.ts'
import type { BrokerTarget, Target } from '../targets/target.ts'

/** Of the judges that read the trace as it comes; what a scenario expects of its next packet is not among that. */
const judges: readonly Judge[] = ['audit', 'referee']

/** The exchanges that every suite has; the other cases would only repeat what these show. */
const few = /(undisturbed|pubrec-lost|publish-lost):5\.0|new-id|id-kept/

/** Runs cases, writes the report, reads it again: what is in there has no network any more. */
async function saved(
  t: { teardown(stop: () => unknown): void },
  target: Target,
  suite: string,
  behind?: BrokerTarget,
): Promise<CaseResult[]> {
  t.teardown(() => target.stop())
  Object.assign(target.profile, { timing: { replyMs: 400 } })
  const { suites } = await readSuites([suite])
  const cases = suites.flatMap(({ cases }) => cases).filter(({ id }) => few.test(id))
  const report = await runLoaded(cases, target, { seed: 1, ...(behind ? { behind } : {}) })
  const json = await createReporter('json', { traces: 'all' })
  return parseReport(json.end(report)).results
}

/** Statement and event of everything that a result says, and of everything that its trace says to the judges. */
function bothOf(
  result: CaseResult,
  target: TargetRole,
  name: string,
): { live: string[]; again: string[] } {
  const anew = createJudges({ target, version: result.version })
  const again: Breach[] = []
  for (const breach of result.trace.flatMap(event => anew.observe(event))) {
    if (!isTold(again, breach)) again.push(breach)
  }
  const late = new Set([...anew.overdue(), ...anew.end()].map(one => inWords(one, name)))
  const live = result.findings
    .filter(({ judge }) => judges.includes(judge))
    .map(one => inWords(one, name))
  const seen = again.filter(({ judge }) => judges.includes(judge)).map(one => inWords(one, name))
  // What was owed at the end shows in both ways only where the case waited for it.
  return {
    live: [...new Set(live.filter(one => seen.includes(one) || !late.has(one)))],
    again: [...new Set(seen)],
  }
}

function inWords(
  { statement, seq, message }: { statement: string; seq: number; message: string },
  name: string,
) {
  return `${seq} ${statement} ${byName(message, name)}`
}

async function sameFindings(
  t: Tap,
  name: string,
  results: CaseResult[],
  target: TargetRole,
  wanted: Judge,
) {
  const found = results.flatMap(({ findings }) => findings.map(({ judge }) => judge))
  t.ok(found.includes(wanted), `${name}: the ${wanted} found something`)
  for (const result of results) {
    const { live, again } = bothOf(result, target, name)
    t.same(again.toSorted(), live.toSorted(), `${name}: ${result.id}`)
  }
}

type Tap = {
  ok(value: unknown, title: string): void
  same(a: unknown, b: unknown, title: string): void
}

t.test('a saved trace of a broker gives the same findings', async t => {
  for (const [name, judge] of [
    ['broker-acks-with-surplus-byte', 'audit'],
    ['broker-pubrec-twice', 'referee'],
    ['broker-new-id-at-resend', 'referee'],
  ] as const) {
    const flaw = brokerFlaw(name)
    const target = await brokerTarget(name, () => flaw.apply({}))
    const suite = name.includes('resend') ? 'qos2-sender' : 'qos2-receiver'
    const results = await saved(t, target, `suites/broker/${suite}.yaml`)
    await sameFindings(t, name, results, 'broker', judge)
  }
})

t.test('so does one of a client', async t => {
  for (const [name, judge] of [
    ['client-acks-with-surplus-byte', 'audit'],
    ['client-pubrec-twice', 'referee'],
  ] as const) {
    const flaw = clientFlaw(name)
    const target = await clientTarget(name, () => flaw.apply({}))
    await sameFindings(
      t,
      name,
      await saved(t, target, 'suites/client/qos2-receiver.yaml'),
      'client',
      judge,
    )
  }
})

t.test('so does one of a client behind a proxy', async t => {
  const flaw = clientFlaw('client-pubrec-illegal-code')
  const target = await clientTarget(flaw.name, () => flaw.apply({}))
  const behind = await brokerTarget('behind', () => ({}))
  t.teardown(() => behind.stop())
  const results = await saved(t, target, 'suites/proxy/qos2-receiver.yaml', behind)
  // The connections to the broker behind are not the target's.
  for (const result of results) {
    const upstream = new Set(
      result.trace.flatMap(event =>
        event.kind === 'open' && event.leg === 'broker' ? [event.connection] : [],
      ),
    )
    result.trace = result.trace.filter(
      event => !('connection' in event && upstream.has(event.connection ?? 0)),
    )
  }
  await sameFindings(t, flaw.name, results, 'client', 'audit')
})
