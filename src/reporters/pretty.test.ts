import t from 'tap'
import { caseOf, findingOf, reportOf, traceOf } from '../../fixtures/testing/reports/build.ts'
import { hostileReport } from '../../fixtures/testing/reports/hostile.ts'
import { failingReport } from '../../fixtures/testing/reports/lost-pubrec.ts'
import type { RunReport } from '../model/report.ts'
import { pretty } from './pretty.ts'
import { defaultOptions, type ReporterOptions } from './reporter.ts'
import { textWidth } from './text/columns.ts'

t.test('a failing run, as someone reads it', async t => {
  const text = rendered(failingReport())
  t.match(text, /^✗ qos2\/broker-receives {2}2 fail, 1 known, 12 pass$/m)
  t.match(text, /^ {2}✗ pubrec-lost:5\.0:close=rst$/m)
  t.match(text, /^ {4}says {5}Until PUBREL arrives/m)
  t.match(text, /^ {4}got {6}PUBLISH id 2, QoS 2, "once"$/m)
  t.match(text, /^ {4}nearest {2}the second copy came 31 ms after/m)
  t.match(text, /^ {4}at {7}suites\/broker\/qos2-receive\.yaml:24:9$/m)
  t.match(text, / <<<$/m)
  t.match(
    text,
    /^ {2}again: mqttspec run 'qos2.broker-receives.pubrec-lost:5\.0:close=fin' --seed 4711$/m,
  )
  t.match(text, /^ {4}2 {2}the target has no shared-subscriptions$/m)
  t.match(text, /^⊘ {4}1 {2}https:.*\n {8}qos2\/broker-receives\/three-copies$/m)
  t.match(text, /^statements {2}3 met, 3 MUST broken, 1 untested$/m)
  t.match(text, /^time {8}2\.2 s, with 150 ms of waits for rules about time, side by side$/m)
  t.match(text, /✗ 2 failures, 1 cause; 1 MUST is broken\n$/)
})

t.test('the first line breaks between facts, not within them', async t => {
  const [first, second] = rendered(failingReport(), { columns: 70 }).split('\n')
  t.equal(first, 'mqttspec 0.1.0 · mosquitto (broker, mqtt://127.0.0.1:1883)')
  t.equal(second, 'MQTT 3.1.1, 5.0 · seed 4711 · 19 cases')
})

t.test('what fails alike is drawn once and names the others', async t => {
  const text = rendered(failingReport())
  t.equal(text.match(/A PUBLISH resent after a lost PUBREC/g)!.length, 1)
  t.match(text, /^ {2}also: {2}5\.0:close=rst$/m)
  t.match(text, /^Failures \(2, 1 cause\)$/m)
  t.match(text, /^causes {6}1 of 2 failures, 1 of 1 warning$/m)
})

t.test(
  'known issues are told once a ticket, with their scenarios, or each with --verbose',
  async t => {
    const ids = ['one:5.0:x=1', 'one:5.0:x=2', 'two:5.0', 'three:5.0', 'four:5.0', 'five:5.0']
    const results = [...ids, 'six:5.0', 'seven:5.0'].map(id =>
      caseOf(`a/${id}`, { verdict: 'fail', known: { ticket: 'T-1', outcome: 'expected' } }),
    )
    const differs = caseOf('a/eight:5.0', {
      verdict: 'fail',
      known: { ticket: 'T-1', outcome: 'differs' },
    })
    const text = rendered(reportOf([...results, differs]))
    t.match(text, /^⊘ {4}8 {2}T-1\n {8}a\/one, a\/two, .*a\/six, 1 more scenarios$/m)
    t.match(text, /^✗ {4}1 {2}T-1: fails in another way\n {8}a\/eight$/m)
    t.match(rendered(reportOf(results), { verbose: true }), /^ {8}a\/one:5\.0:x=2$/m)
  },
)

t.test('cases that had no turn are counted, not told one by one', async t => {
  const reason = 'interrupted before it began'
  const late = ['a/x:5.0', 'b/y:5.0', 'b/z:5.0'].map(id =>
    caseOf(id, { verdict: 'inconclusive', reason, durationMs: 0 }),
  )
  const cut = caseOf('a/w:5.0', { verdict: 'inconclusive', reason: 'interrupted at `ping`' })
  const text = rendered(reportOf([cut, ...late], { exitCode: 4, problem: 'interrupted: …' }))
  t.match(text, /^Not finished \(4\)\n\n {4}3 {2}interrupted before it began\n {4}1 {2}.*middle/m)
  t.notMatch(text, /^Inconclusive/m)
  t.match(rendered(reportOf([cut])), /^Inconclusive \(1\)$/m, 'in a whole run it is drawn')
  t.equal(text.match(/before it began/g)!.length, 1)
  t.notMatch(text, /^\? b /m, 'nor the suite of which none had')
})

t.test('until the target is found the live line says so, and an error takes it back', async t => {
  const reporter = pretty({ ...defaultOptions, live: true })
  const waiting = reporter.tick!(1200)
  t.match(waiting, /starting · 1\.2 s$/)
  t.equal(onScreen(waiting + reporter.cancel!()), '')
  const other = pretty({ ...defaultOptions, live: true })
  const { mqttspec, seed, target } = failingReport()
  const begun = other.tick!(1200) + other.begin!({ mqttspec, seed, target, cases: [] })
  t.match(onScreen(begun), /^mqttspec 0\.1\.0/)
})

t.test(
  'what a problem says beyond its first line stands below the verdict, line by line',
  async t => {
    const problem =
      'the adapter gave no answer in 10 s.\nIt wrote last:\n  {"id":3}\nAnswer at once.'
    const broken = caseOf('a/c:5.0', { verdict: 'fail', findings: [findingOf({ level: 'MUST' })] })
    t.match(
      rendered(reportOf([broken], { exitCode: 1, problem })),
      /^✗ the adapter gave no answer in 10 s; 1 MUST is broken\n {2}It wrote last:\n {2}\{"id":3\}\n {2}Answer at once\.\n$/m,
    )
  },
)

t.test('the verdict line follows the exit code', async t => {
  const last = (more: Partial<RunReport>) =>
    rendered(reportOf([caseOf('a/b:5.0')], more))
      .trim()
      .split('\n')
      .at(-1)
  t.equal(last({}), '✓ conformant: nothing failed')
  t.equal(last({ exitCode: 3, problem: 'nobody answers at x:1' }), '✗ nobody answers at x:1')
  const broken = caseOf('a/c:5.0', { verdict: 'fail', findings: [findingOf({ level: 'MUST' })] })
  t.equal(
    last({ exitCode: 1, problem: 'interrupted', results: [broken] }),
    '✗ interrupted; 1 MUST is broken',
  )
  t.equal(last({ exitCode: 2 }), '✗ usage, or a mistake in a suite or profile: nothing ran')
  t.equal(last({ exitCode: 4, results: [] }), '? nothing was selected')
  const skipped = caseOf('a/d:5.0', { verdict: 'skipped', reason: 'needs durable' })
  t.equal(
    last({
      exitCode: 4,
      results: [skipped, skipped],
      summary: reportOf([skipped, skipped]).summary,
    }),
    '? nothing ran: all 2 cases were skipped',
  )
  t.equal(last({ exitCode: 70 }), '✗ mqttspec itself failed; the trace is in the report')
  const knownIssues = { file: 'known.yaml', expected: 0, violations: ['a/b:5.0 passes now'] }
  t.equal(last({ exitCode: 1, knownIssues }), '✗ the known issues no longer hold')
})

t.test('a live terminal ends with what a pipe gets', async t => {
  const report = failingReport()
  const piped = played(report, { live: false })
  const live = played(report, { live: true })
  t.not(live, piped)
  t.equal(onScreen(live), piped)
  t.equal(piped, rendered(report), 'and a saved report shows the same')
})

t.test('the live line tells what runs, and is never as wide as the terminal', async t => {
  const live = played(failingReport(), { live: true, columns: 60 })
  // biome-ignore lint/suspicious/noControlCharactersInRegex: this is how the line is erased
  const drawn = [...live.matchAll(/\r\u001b\[K([^\r\n]+)$|\r\u001b\[K([^\r\n]+)(?=\r)/g)].map(
    match => match[1] ?? match[2]!,
  )
  t.ok(drawn.some(line => line.startsWith('0/19 · 1 running · 0 ms · qos2/broker')))
  t.ok(drawn.some(line => line.startsWith('19/19 · 2 failed')))
  t.ok(drawn.every(line => textWidth(line) < 60))
})

t.test('verbose lists what passed', async t => {
  t.match(rendered(failingReport(), { verbose: true }), /^ {2}✓ publish-lost:5\.0:close=fin$/m)
  t.notMatch(rendered(failingReport()), /✓ publish-lost/)
})

t.test('what is drawn is bounded, also where all is asked for', async t => {
  const text = 'a message as long as many are'
  const trace = traceOf(Array.from({ length: 60 }, () => ({ kind: 'note' as const, text })))
  const results = Array.from({ length: 1300 }, (_, i) =>
    caseOf(`a/case-${i}:5.0`, {
      verdict: 'error',
      reason: `it fails in way ${i}`,
      trace,
    }),
  )
  const all = rendered(reportOf(results), { verbose: true })
  t.ok(all.length < 6 * 1024 * 1024, `${all.length} characters`)
  t.match(all, /^and \d+ more; the JSON report has them$/m)
})

t.test('lines keep within the columns, but for the one to copy', async t => {
  for (const report of [failingReport(), hostileReport()]) {
    for (const columns of [60, 100]) {
      const lines = rendered(report, { columns }).split('\n')
      const wide = lines.filter(line => textWidth(line) > columns && !line.startsWith('  again: '))
      t.same(wide, [])
    }
  }
})

t.test('hostile text steers neither the terminal nor the runner of a job', async t => {
  const plain = rendered(hostileReport())
  t.notMatch(plain.replaceAll('\n', ''), /[\p{Cc}\p{Cf}\p{Cs}\u2028\u2029]/u)
  t.notMatch(plain, /^\s*::/m)
  t.ok(plain.length < 200_000, `${plain.length} characters`)
  const coloured = rendered(hostileReport(), { colour: true })
  // biome-ignore lint/suspicious/noControlCharactersInRegex: our own colours
  const stripped = coloured.replace(/\u001b\[\d+m/g, '')
  t.notMatch(stripped.replaceAll('\n', ''), /[\p{Cc}\p{Cf}\p{Cs}\u2028\u2029]/u)
})

t.test('a case that turned out to come and go is counted once, as what it is', async t => {
  const report = failingReport()
  const [last] = report.results.slice(-1)
  if (!last) return t.fail('no result')
  const { mqttspec, seed, target, results } = report
  const reporter = pretty({ ...defaultOptions, live: true })
  reporter.begin!({ mqttspec, seed, target, cases: results })
  for (const result of results) reporter.caseDone!(result)
  const first = { verdict: 'fail' as const, reason: 'r', durationMs: 1, findings: [], trace: [] }
  const unstable = { ...last, verdict: 'unstable' as const, reason: 'it comes and goes' }
  const revised = { ...unstable, first: { ...first, beside: [] } }
  t.match(reporter.caseDone!(revised), new RegExp(`${results.length}/${results.length}`))
  const text = reporter.end({ ...report, results: [...results.slice(0, -1), revised] })
  t.match(text, /it comes and goes/)
  t.match(text, new RegExp(`${last.suite}.* 1 unstable`), 'the line of its suite is drawn anew')
})

t.test('ASCII means ASCII', async t => {
  t.match(rendered(failingReport(), { ascii: true }), /^[\x20-\x7e\n]*$/)
})

function rendered(report: RunReport, options: Partial<ReporterOptions> = {}): string {
  return pretty({ ...defaultOptions, ...options }).end(report)
}

/** As a run drives it: cases of two suites begin and end one after another. */
function played(report: RunReport, options: Partial<ReporterOptions>): string {
  const reporter = pretty({ ...defaultOptions, ...options })
  const { mqttspec, seed, target, results } = report
  const texts = [reporter.begin!({ mqttspec, seed, target, cases: results })]
  for (const [index, result] of results.entries()) {
    texts.push(reporter.caseBegun!(result.id))
    texts.push(reporter.tick!(index * 10))
    texts.push(reporter.caseDone!(result))
  }
  return [...texts, reporter.end(report)].join('')
}

/** What a terminal shows in the end: `\r` and erase-line take back what was drawn. */
function onScreen(text: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: this is how the line is erased
  return text.replace(/[^\n]*\r\u001b\[K/g, '')
}
