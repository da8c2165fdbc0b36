import t from 'tap'
import { parseKnownIssues } from './known-issues.ts'

t.test('a list of accepted failures is read with its places', async t => {
  const text = `# why
- case: qos2/*:5.0
  statement: 5.0:MQTT-4.3.3-10
  ticket: https://example.org/1
  expires: 2026-12-31
  note: soon
- { case: a/b:3.1.1, ticket: T-2 }
`
  const { entries, problems } = parseKnownIssues('known.yaml', text)
  t.same(problems, [])
  t.match(entries, [
    {
      case: 'qos2/*:5.0',
      statement: '5.0:MQTT-4.3.3-10',
      expires: '2026-12-31',
      place: { file: 'known.yaml', line: 2, column: 3 },
    },
    { case: 'a/b:3.1.1', ticket: 'T-2', place: { line: 7 } },
  ])
})

t.test('an empty list accepts nothing and is no mistake', async t => {
  for (const text of ['', '# none\n', '[]\n']) {
    t.same(parseKnownIssues('known.yaml', text), { entries: [], problems: [] })
  }
})

t.test('mistakes are reported, and such an entry accepts nothing', async t => {
  const { entries, problems } = parseKnownIssues(
    'known.yaml',
    '- { case: a, expires: 2026-02-30 }\n- { case: b, tikcet: x, ticket: y, statement: 4.3.3 }\n',
  )
  t.same(entries, [])
  t.match(problems, [
    { code: 'WRONG_TYPE', span: { line: 1, column: 23, length: 10 } },
    { code: 'MISSING_KEY', message: /"ticket"/ },
    { code: 'UNKNOWN_KEY', span: { line: 2, column: 14 }, hint: /"ticket"/ },
    { code: 'WRONG_TYPE', span: { line: 2 } },
  ])
})
