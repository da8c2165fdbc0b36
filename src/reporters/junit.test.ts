import { spawnSync } from 'node:child_process'
import t from 'tap'
import { convert } from 'xmlbuilder2'
import { caseOf, findingOf, reportOf } from '../../fixtures/testing/reports/build.ts'
import { hostileReport, hostileTexts } from '../../fixtures/testing/reports/hostile.ts'
import { failingReport } from '../../fixtures/testing/reports/lost-pubrec.ts'
import type { RunReport } from '../model/report.ts'
import { createReporter } from './index.ts'
import { junitText } from './junit.ts'

t.test('the counts of the root are those of its cases', async t => {
  const root = await parsed(failingReport())
  t.match(root, {
    '@tests': '20',
    '@failures': '2',
    '@errors': '1',
    '@skipped': '4',
    '@time': '2.210',
  })
  t.equal(elements(root, 'testcase').length, 20, 'one tells of the warning')
  t.equal(elements(root, 'failure').length, 2)
  t.equal(elements(root, 'error').length, 1)
  t.equal(elements(root, 'skipped').length, 4)
})

t.test(
  'a failure names the statement, its properties the clauses, its output the ladder',
  async t => {
    const root = await parsed(failingReport())
    const failed = elements(root, 'testcase').find(one => one.failure !== undefined)!
    t.match(failed, {
      '@name': 'pubrec-lost:5.0:close=rst',
      '@classname': 'qos2.broker-receives',
      '@file': 'suites/broker/qos2-receive.yaml',
      failure: { '@type': '5.0:MQTT-4.3.3-10' },
    })
    const clauses = elements(failed, 'property').filter(one => one['@name'] === 'statement')
    t.same(
      clauses.map(one => one['@value']),
      ['5.0:MQTT-4.3.3-10', '5.0:MQTT-3.1.2-23'],
    )
    t.match(failed['system-out'], /lost: we act as if it had not come/)
    t.notMatch(failed['system-out'], /^expected: /m, 'a finding is told once')
  },
)

t.test('a warning is seen by consumers that know none, and fails nothing', async t => {
  const [suite] = elements(await parsed(failingReport()), 'testsuite').filter(
    one => one['@name'] === 'warnings',
  )
  t.match(suite, { '@tests': '1', '@skipped': '1', '@failures': '0' })
  t.match(elements(suite, 'skipped'), [{ '@message': /^1 case, such as qos2/ }])
})

t.test('an accepted failure is skipped and names its ticket', async t => {
  const skipped = elements(await parsed(failingReport()), 'skipped').map(one => one['@message'])
  t.ok(skipped.some(text => String(text).includes('mosquitto/issues/1')))
})

t.test('what one case or all cases say is bounded, and what is left out is told', async t => {
  const findings = Array.from({ length: 30 }, () => findingOf({ got: 'g'.repeat(2000) }))
  const cases = Array.from({ length: 40 }, (_, index) =>
    caseOf(`many/${index}:5.0`, { verdict: 'fail', reason: 'twice', findings }),
  )
  const text = junitText(reportOf(cases), 200_000)
  t.ok(text.length < 300_000, `${text.length} characters`)
  const failures = elements(readXml(text), 'failure')
  t.match(failures[0]?.['#'], /10 more findings in the JSON report/)
  t.match(failures.at(-1), { '@message': 'twice', '#': /^left out here/ })
})

t.test('hostile text comes back as text', async t => {
  const report = hostileReport()
  const text = (await createReporter('junit')).end(report)
  // biome-ignore lint/suspicious/noControlCharactersInRegex: these are what must not be there
  t.notMatch(text, /[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u202e\ufffe\uffff]/)
  t.notOk(/&#x?(0|1|b|1b);/i.test(text), 'not as references either')
  t.notMatch(text, /\p{Cs}/u, 'no half of a surrogate pair')
  const all = elements(await parsed(report), 'testcase')
  const cases = all.filter(one => one['@classname'] !== 'warnings')
  t.equal(cases.length, report.results.length + 2 * report.findings.length + 1)
  t.ok(cases.some(one => decoded(one['@name']).includes(hostileTexts.cdata)))
})

t.test('what fails the run outside a case is there too', async t => {
  const gone = await parsed(reportOf([], { exitCode: 3, problem: 'nobody answers' }))
  t.match(elements(gone, 'error'), [{ '@message': 'nobody answers' }])
  const claim = await parsed(
    reportOf([caseOf('a/b:5.0')], { exitCode: 1, findings: [findingOf()] }),
  )
  t.equal(elements(claim, 'failure').length, 1)
  const strict = reportOf([caseOf('a/b:5.0', { verdict: 'warn' })], { exitCode: 1 })
  t.equal(elements(await parsed(strict), 'failure').length, 1)
})

type Element = { [name: string]: unknown }

async function parsed(report: RunReport): Promise<Element> {
  return readXml((await createReporter('junit')).end(report))
}

function readXml(text: string): Element {
  const document = convert(text, { format: 'object' }) as { testsuites: Element }
  return document.testsuites
}

/** xmlbuilder2 hands text over as it stands in the file. */
function decoded(text: unknown): string {
  const named: { [name: string]: string } = { lt: '<', gt: '>', amp: '&', quot: '"', '#39': "'" }
  return String(text).replace(/&([^;]+);/g, (_, name: string) => named[name]!)
}

/** All elements called `name`, at any depth. */
function elements(from: unknown, name: string): Element[] {
  if (Array.isArray(from)) return from.flatMap(one => elements(one, name))
  if (typeof from !== 'object' || from === null) return []
  return Object.entries(from).flatMap(([key, value]) => {
    const own = key === name ? ((Array.isArray(value) ? value : [value]) as Element[]) : []
    return [...own, ...elements(value, name)]
  })
}

const noPython = spawnSync('python3', ['--version']).error ? 'apt-get install python3' : false

t.test('a strict parser gives back every entity as text', { skip: noPython }, async t => {
  const text = (await createReporter('junit')).end(hostileReport())
  const script = [
    'import sys, xml.etree.ElementTree as tree',
    'root = tree.fromstring(sys.stdin.buffer.read())',
    'print(*[ascii(case.get("name")) for case in root.iter("testcase")])',
  ]
  const { status, stdout, stderr } = spawnSync('python3', ['-c', script.join('\n')], {
    input: text,
    encoding: 'utf8',
    maxBuffer: 100_000_000,
  })
  t.equal(status, 0, stderr)
  t.ok(stdout.includes('&amp; &lt; &#x1b;'), 'entities in the data stay data')
})

t.test('a case that had no turn is skipped, and the run that was broken off an error', async t => {
  const reason = 'interrupted before it began'
  const late = caseOf('a/x:5.0', { verdict: 'inconclusive', reason, durationMs: 0 })
  const cut = caseOf('a/y:5.0', { verdict: 'inconclusive', reason: 'interrupted at `ping`' })
  const root = await parsed(reportOf([late, cut], { exitCode: 4, problem: 'interrupted' }))
  t.match(root, { '@skipped': '1', '@errors': '2' })
})
