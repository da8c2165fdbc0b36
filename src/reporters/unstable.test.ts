import t from 'tap'
import { caseOf, findingOf, reportOf } from '../../fixtures/testing/reports/build.ts'
import { failingReport } from '../../fixtures/testing/reports/lost-pubrec.ts'
import type { CaseResult, RunReport } from '../model/report.ts'
import { createReporter, type ReporterName } from './index.ts'
import { parseReport } from './reading/parse-report.ts'

/** A report with one failure that did not come again; both traces are of the failing report, one without its end. */
function report(): RunReport {
  const failed = failingReport().results.find(({ verdict }) => verdict === 'fail') as CaseResult
  const unstable = caseOf('a/flaky:5.0', {
    verdict: 'unstable',
    reason: 'it failed beside 2 other cases, and run again alone it passed; at first: no PUBREC',
    trace: failed.trace.slice(0, 4),
    first: {
      verdict: 'fail',
      reason: 'no PUBREC',
      durationMs: 5000,
      findings: [findingOf({ absent: true, message: 'PUBREC did not come' })],
      trace: failed.trace,
      beside: ['a/other:5.0', 'a/third:5.0'],
    },
  })
  return reportOf([unstable, caseOf('a/other:5.0')], { exitCode: 4 })
}

async function written(name: ReporterName): Promise<string> {
  return (await createReporter(name)).end(report())
}

t.test('an unstable case is told by every reporter, and by none as passed or failed', async t => {
  const pretty = await written('pretty')
  t.match(pretty, /^Unstable \(1\)$/m)
  t.match(pretty, /^~ a\/flaky:5\.0$/m)
  t.match(pretty, /^ *at first:$[\s\S]*^ *run again:$/m, 'both ladders')
  t.match(pretty, /^cases +1 passed, 1 unstable$/m)
  t.match(pretty, /\? inconclusive: 1 failure did not come again\n$/)
  const tap = await written('tap')
  t.match(tap, /^not ok \d+ - a\/flaky:5\.0$/m)
  t.match(tap, /verdict: unstable/)
  t.match(tap, /at first:[\s\S]*run again:/)
  const junit = await written('junit')
  t.match(junit, /<error message="it failed beside 2 other cases[^>]* type="unstable"/)
  t.match(junit, /errors="1"/)
  t.match(junit, /at first:[\s\S]*run again:/)
  const markdown = await written('markdown')
  t.match(markdown, /### Unstable/)
  t.match(markdown, /at first:[\s\S]*run again:/)
})

t.test('both runs of it are read back from JSON', async t => {
  const { results } = parseReport(await written('json'))
  t.match(results[0], { verdict: 'unstable', first: { beside: ['a/other:5.0', 'a/third:5.0'] } })
  const packets = results[0]?.first?.trace.filter(event => event.kind === 'packet') ?? []
  t.ok(packets.length > 0)
  t.ok(packets.every(event => event.kind === 'packet' && event.bytes instanceof Uint8Array))
})
