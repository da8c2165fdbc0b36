import { readdirSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import t from 'tap'
import { formatProblems } from '../model/schema/problem.ts'
import { parseProfile } from './profile.ts'

const fixtures = fileURLToPath(new URL('../../fixtures/targets/', import.meta.url))

t.test('every profile that comes with mqttspec is right', async t => {
  for (const folder of ['brokers', 'clients']) {
    const names = readdirSync(`${fixtures}${folder}`).filter(name => name.endsWith('.yaml'))
    t.ok(names.length > 0, folder)
    for (const name of names) {
      const text = readFileSync(`${fixtures}${folder}/${name}`, 'utf8')
      const { problems } = parseProfile(name, text)
      t.equal(
        formatProblems(problems, () => text),
        '',
      )
    }
  }
})

t.test('a profile is typed', async t => {
  const { profile } = parseProfile(
    'p.yaml',
    `name: b
role: broker
versions: [3.1.1, 5.0]
start:
  command: [b, -p, $port]
  files: { b.conf: "port $port\\n" }
  readyS: 2.5
durable: true
lacks: [retained]
settings: { maxInflight: 20, persistence: true, mode: fast }
timing: { replyMs: 100 }
`,
  )
  t.same(profile, {
    name: 'b',
    role: 'broker',
    versions: ['3.1.1', '5.0'],
    start: { command: ['b', '-p', '$port'], files: { 'b.conf': 'port $port\n' }, readyS: 2.5 },
    durable: true,
    lacks: ['retained'],
    settings: { maxInflight: 20, persistence: true, mode: 'fast' },
    timing: { replyMs: 100 },
  })
})

t.test('mistakes in a profile are reported with place and hint', async t => {
  const { profile, problems } = parseProfile(
    'p.yaml',
    `name: b c
role: brokr
versions: [5]
adress: mqtt://x
lacks: [retaind]
timing: { replyMs: soon }
`,
  )
  t.equal(profile, undefined)
  t.match(problems, [
    { code: 'BAD_ID', span: { line: 1, column: 7 } },
    { code: 'UNKNOWN_ROLE', span: { line: 2, column: 7, length: 5 }, hint: /"broker"/ },
    { code: 'UNKNOWN_VERSION', span: { line: 3, column: 12 } },
    { code: 'UNKNOWN_KEY', span: { line: 4, column: 1, length: 6 }, hint: /"address"/ },
    { code: 'UNKNOWN_FEATURE', span: { line: 5, column: 9 }, hint: /"retained"/ },
    { code: 'WRONG_TYPE', span: { line: 6, column: 20, length: 4 } },
  ])
})

t.test('a profile without a way to the target is refused', async t => {
  const { problems } = parseProfile('p.yaml', 'name: a\nrole: broker\nversions: [5.0]\n')
  t.match(problems, [{ code: 'MISSING_KEY', message: /"start".*"address"/ }])
  const client = parseProfile('p.yaml', 'name: a\nrole: client\nversions: [5.0]\n')
  t.match(client.problems, [{ code: 'MISSING_KEY', message: /"adapter".*"commands"/ }])
})
