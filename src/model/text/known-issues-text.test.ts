import t from 'tap'
import { parseKnownIssues } from '../known-issues.ts'
import { knownIssuesText } from './known-issues-text.ts'

t.test('what is written is read again as it was', async t => {
  const text = knownIssuesText([
    {
      says: 'PUBLISH id # was sent\nagain',
      issues: [
        { case: 'a/b:5.0:filter=$$share//x', statement: '5.0:MQTT-3.3.1-1' },
        { case: "a/c:3.1.1:text='#: no comment" },
      ],
    },
  ])
  const { entries, problems } = parseKnownIssues('known.yaml', text)
  t.same(problems, [])
  t.same(
    entries.map(({ case: id, statement, ticket }) => ({ id, statement, ticket })),
    [
      {
        id: 'a/b:5.0:filter=$$share//x',
        statement: '5.0:MQTT-3.3.1-1',
        ticket: 'not reported yet',
      },
      { id: "a/c:3.1.1:text='#: no comment", statement: undefined, ticket: 'not reported yet' },
    ],
  )
  t.match(text, /^# PUBLISH id # was sent again$/m)
})

t.test('without failures it is a good list of none', async t => {
  t.same(parseKnownIssues('known.yaml', knownIssuesText([])), { entries: [], problems: [] })
})
