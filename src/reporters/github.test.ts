import t from 'tap'
import { caseOf, findingOf, reportOf } from '../../fixtures/testing/reports/build.ts'
import { hostileReport } from '../../fixtures/testing/reports/hostile.ts'
import { failingReport } from '../../fixtures/testing/reports/lost-pubrec.ts'
import { commentText } from './comment.ts'
import { scoreOf, scoresOf } from './counting/score.ts'
import { createReporter } from './index.ts'

t.test('a cause is one annotation at the line of the suite', async t => {
  const { end } = await createReporter('github')
  const lines = end(failingReport()).split('\n')
  const errors = lines.filter(line => line.startsWith('::error '))
  t.equal(errors.length, 1)
  t.match(
    errors[0],
    /^::error file=suites\/broker\/qos2-receive\.yaml,line=24,col=9,title=MUST 5\.0%3AMQTT-4\.3\.3-10::/,
  )
  t.match(errors[0], /, and 1 case like it%0Aagain: mqttspec run /)
  t.equal(lines.filter(line => line.startsWith('::warning ')).length, 1)
  t.match(lines.at(-2), /^not ok: 2 failures, 1 cause/)
})

t.test('no more annotations are written than GitHub shows', async t => {
  const { end } = await createReporter('github')
  const words = 'abcdefghijklmnopqrstuvwxyz'.split('')
  const cases = words.map(word =>
    caseOf(`a/${word}:5.0`, { verdict: 'fail', findings: [findingOf({ message: word })] }),
  )
  const text = end(reportOf(cases))
  t.equal(text.match(/^::error /gm)?.length, 10)
  t.match(text, /^16 more causes in the other reports$/m)
})

t.test('what fails a run and is no case is counted where it is not shown', async t => {
  const { end } = await createReporter('github')
  const violations = Array.from({ length: 13 }, (_, index) => `entry ${index} has expired`)
  const knownIssues = { file: 'known.yaml', expected: 0, violations }
  const text = end(reportOf([], { exitCode: 1, knownIssues }))
  t.equal(text.match(/^::error /gm)?.length, 10)
  t.match(text, /^3 more errors of the run in the others$/m)
})

t.test('nothing that a peer said begins a command of its own', async t => {
  const { end } = await createReporter('github')
  const text = end(hostileReport())
  for (const line of text.split('\n').filter(line => line.startsWith('::'))) {
    t.match(line, /^::(error|warning) [^\n]*::/)
    t.notMatch(line, /[\r\u2028]/)
  }
  t.notMatch(text, /^::(?!error |warning )/m)
})

t.test('a badge says how many of the MUSTs that were tested hold', async t => {
  const { end } = await createReporter('badge')
  const badge = JSON.parse(end(failingReport()))
  t.match(badge, { schemaVersion: 1, message: 'MUST 3/6', color: 'red' })
  t.match(JSON.parse(end(reportOf([], { exitCode: 3, problem: 'nobody answers' }))), {
    message: 'not judged',
  })
})

t.test('statements are counted by version and level', async t => {
  const statements = [
    { id: '5.0:a', level: 'MUST', outcome: 'met', cases: [] },
    { id: '5.0:b', level: 'MUST', outcome: 'broken', cases: [] },
    { id: '5.0:c', level: 'MUST', outcome: 'untested', cases: [] },
    { id: '5.0:d', level: 'SHOULD', outcome: 'met', cases: [] },
    { id: '3.1.1:a', level: 'MUST', outcome: 'met', cases: [] },
  ] as const
  const report = { statements: statements.map(one => ({ ...one, cases: [] })) }
  const scores = scoresOf(report as never)
  t.same(
    scores.map(({ version, level, percent }) => [version, level, percent]),
    [
      ['5.0', 'MUST', 50],
      ['5.0', 'SHOULD', 100],
      ['3.1.1', 'MUST', 100],
    ],
  )
  t.same(scoreOf(report as never, 'MUST'), { met: 2, tested: 3, percent: 66 })
})

t.test('a comment is found again, tells what changed, and fits', async t => {
  const base = reportOf([caseOf('qos2/broker-receives/pubrec-lost:5.0:close=rst')])
  const text = commentText(failingReport(), base)
  t.match(text, /^<!-- mqttspec report -->\n## ❌ /)
  t.match(text, /<pre>mosquitto .*\n\nbroken \(1\)\n {2}qos2/)
  const cases = Array.from({ length: 3000 }, (_, i) =>
    caseOf(`a/${i.toString(2).replaceAll('1', 'x').replaceAll('0', 'y')}:5.0`, {
      verdict: 'fail',
      findings: [findingOf({ message: i.toString(2).replaceAll('1', 'x').replaceAll('0', 'y') })],
    }),
  )
  t.ok(Buffer.byteLength(commentText(reportOf(cases), reportOf([]))) < 65_536)
})

t.test(
  'a comment has room for both, however much changed and whatever it takes to write it',
  async t => {
    const reportWith = (verdict: 'pass' | 'fail') =>
      reportOf(
        Array.from({ length: 400 }, (_, index) =>
          caseOf(`many/${'<'.repeat(100)}${index}:5.0`, {
            verdict,
            reason: '&<>'.repeat(80),
            findings: [findingOf({ message: `other ${'x'.repeat(index)}` })],
          }),
        ),
      )
    const text = commentText(reportWith('fail'), reportWith('pass'))
    t.ok(Buffer.byteLength(text) < 65_536, `${Buffer.byteLength(text)} bytes`)
    t.ok(Buffer.byteLength(text) > 55_000, 'and uses it')
    t.match(text, /\d+ more lines: mqttspec report diff shows all/)
    t.match(text, /This page is full/)
  },
)
