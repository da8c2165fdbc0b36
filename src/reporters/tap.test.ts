import t from 'tap'
import { Parser } from 'tap-parser'
import { caseOf, findingOf, reportOf } from '../../fixtures/testing/reports/build.ts'
import { hostileReport } from '../../fixtures/testing/reports/hostile.ts'
import { failingReport } from '../../fixtures/testing/reports/lost-pubrec.ts'
import type { RunReport } from '../model/report.ts'
import { createReporter } from './index.ts'
import { tapText } from './tap.ts'

t.test(
  'what fails the run is not ok, what is accepted is TODO, what is skipped says why',
  async t => {
    const { results, points, extra } = await parsed(failingReport())
    t.equal(results.ok, false)
    t.equal(results.count, 19)
    t.same([results.skip, results.todo, results.fail], [2, 1, 4])
    t.same(extra, [], 'nothing but TAP')
    const known = points.find(point => point.todo)!
    t.equal(known.todo, 'https://github.com/eclipse/mosquitto/issues/1')
    t.ok(
      points
        .filter(point => point.skip)
        .every(p => p.skip === 'the target has no shared-subscriptions'),
    )
  },
)

t.test('diagnostics carry the finding and the ladder', async t => {
  const { points } = await parsed(failingReport())
  const diag = points.find(point => point.name.includes('pubrec-lost'))!.diag!
  t.match(diag, {
    verdict: 'fail',
    findings: [{ statement: '5.0:MQTT-4.3.3-10', got: 'PUBLISH id 2, QoS 2, "once"' }],
    at: { file: 'suites/broker/qos2-receive.yaml', line: 9 },
  })
  t.match(String(diag.ladder), /<<<\n +└ MUST 5\.0:MQTT-4\.3\.3-10/)
})

t.test('diagnostics are bounded, whole or told as left out', async t => {
  const findings = Array.from({ length: 30 }, () => findingOf({ got: '\u202e'.repeat(2000) }))
  const cases = Array.from({ length: 10 }, (_, index) =>
    caseOf(`many/${index}:5.0`, { verdict: 'fail', reason: 'twice', findings }),
  )
  const text = tapText(reportOf(cases), 1_000_000)
  t.ok(text.length < 1_100_000, `${text.length} characters`)
  const { points, extra } = await parsedText(text)
  t.same(extra, [])
  t.match(points[0]?.diag, {
    findings: { length: 20 },
    more: '10 more findings in the JSON report',
  })
  t.match(points.at(-1)?.diag, { diagnostics: /^left out here/ })
})

t.test('a # in an id stays part of the name', async t => {
  const { points } = await parsed(reportOf([caseOf('a/b # SKIP c\\d:5.0')]))
  t.equal(points[0]!.name, 'a/b # SKIP c\\d:5.0')
  t.notOk(points[0]!.skip)
})

t.test('hostile text forges no line', async t => {
  const report = hostileReport()
  const { results, points, extra } = await parsed(report)
  t.same(extra, [])
  t.ok(results.bailout, 'the problem of the run bails out')
  t.equal(points.length, report.results.length + report.findings.length + 1)
})

t.test('ok says the same as the exit code', async t => {
  const warned = caseOf('a/b:5.0', { verdict: 'warn', findings: [findingOf({ level: 'SHOULD' })] })
  const ok = async (report: RunReport) => (await parsed(report)).results.ok
  t.equal(await ok(reportOf([warned])), true)
  t.equal(await ok(reportOf([warned], { exitCode: 1 })), false, '--strict')
  t.equal(await ok(reportOf([], { exitCode: 4 })), false, 'nothing selected')
  t.equal(await ok(reportOf([caseOf('a/b:5.0')], { exitCode: 3, problem: 'gone' })), false)
  const broken = { file: 'known.yaml', expected: 0, violations: ['a/b passes now'] }
  t.equal(await ok(reportOf([caseOf('a/b:5.0')], { exitCode: 1, knownIssues: broken })), false)
  t.equal(await ok(reportOf([caseOf('a/b:5.0')], { exitCode: 1, findings: [findingOf()] })), false)
})

async function parsed(report: RunReport) {
  return parsedText((await createReporter('tap')).end(report))
}

async function parsedText(text: string) {
  type Point = { name: string; skip: string; todo: string; diag?: { [name: string]: unknown } }
  const points: Point[] = []
  const extra: string[] = []
  return new Promise<{ results: Parser['results'] & object; points: Point[]; extra: string[] }>(
    done => {
      const parser = new Parser({ strict: true }, results => done({ results, points, extra }))
      parser.on('assert', (point: Point) => points.push(point))
      parser.on('extra', (line: string) => extra.push(line))
      parser.end(text)
    },
  )
}
