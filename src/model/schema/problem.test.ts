import t from 'tap'
import { formatProblem, formatProblems, type Problem } from './problem.ts'

const file = 'suites/qos2/lost-pubrec.yaml'
const problem: Problem = {
  code: 'UNKNOWN_FAULT',
  message: 'no fault is called "dorp"',
  hint: 'did you mean "drop"?',
  span: { file, line: 2, column: 12, length: 4 },
}

t.test('a problem shows place, code, line, carets and hint', async t => {
  t.equal(
    formatProblem(problem, 'steps:\n  - fault: dorp\n'),
    [
      'suites/qos2/lost-pubrec.yaml:2:12 UNKNOWN_FAULT: no fault is called "dorp"',
      '2 |   - fault: dorp',
      '               ^^^^',
      'hint: did you mean "drop"?',
    ].join('\n'),
  )
})

t.test('a very long line is shown around the place', async t => {
  const text = `${'x'.repeat(5000)}dorp${'y'.repeat(5000)}`
  const shown = formatProblem(
    { ...problem, span: { file, line: 1, column: 5001, length: 4 } },
    text,
  )
  const [, line = '', carets = ''] = shown.split('\n')
  t.ok(line.length < 120)
  t.equal(line.slice(carets.indexOf('^'), carets.lastIndexOf('^') + 1), 'dorp')
})

t.test('a place that the text does not have shows no line', async t => {
  t.equal(
    formatProblem({ ...problem, span: { file, line: 9, column: 1, length: 1 } }, 'one line'),
    'suites/qos2/lost-pubrec.yaml:9:1 UNKNOWN_FAULT: no fault is called "dorp"\nhint: did you mean "drop"?',
  )
})

t.test('of many problems fifty are shown, by file and line', async t => {
  const many = Array.from({ length: 60 }, (_, i) => ({
    ...problem,
    span: { file: i % 2 ? 'a' : 'b', line: 60 - i, column: 1, length: 1 },
  }))
  const shown = formatProblems(many, () => undefined)
  t.match(shown, /^a:1:1 /)
  t.match(shown, /\n\nand 10 more$/)
  t.equal(shown.split('\n\n').length, 51)
})
