import { spawnSync } from 'node:child_process'
import { existsSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import t from 'tap'
import { attacks } from './hostile/attacks/index.ts'
import { rowsKeptIn, stateOf } from './hostile/kept-rows.ts'
import { leaksIn } from './hostile/leaks.ts'
import { pageOf } from './hostile/page.ts'
import { play } from './hostile/play.ts'

/*
 * A sample of `npm run hostile`, and proof that its measures see what they are to see.
 */
const built = existsSync(fileURLToPath(new URL('../dist/cli/bin.js', import.meta.url)))
const mosquitto = spawnSync('mosquitto', ['-h']).error === undefined

t.test(
  'a sample of the attacks comes to nothing',
  { skip: built && mosquitto ? false : 'needs npm run build and mosquitto', timeout: 600_000 },
  async t => {
    for (const attack of attacks.filter(({ sample }) => sample)) {
      const { complaints, skipped } = await play(attack)
      t.same(complaints, [], skipped === undefined ? attack.name : `${attack.name}: ${skipped}`)
    }
  },
)

t.test('names are unique, and some of each kind are in the sample', async t => {
  const names = attacks.map(({ name }) => name)
  t.equal(new Set(names).size, names.length)
  const kinds = new Set(names.map(name => name.split('/')[0]))
  const sampled = attacks.filter(({ sample }) => sample).map(({ name }) => name.split('/')[0])
  t.same(
    [...kinds].filter(kind => !sampled.includes(kind)),
    [],
  )
})

t.test('a secret is seen in every form, and an attack that goes wrong is told', async t => {
  const secret = 'hunter2&"more"'
  const forms = [
    secret,
    encodeURIComponent(secret),
    Buffer.from(secret).toString('hex'),
    Buffer.from(`user:${secret}`).toString('base64'),
    JSON.stringify(secret),
    'hunter2&amp;&quot;more&quot;',
  ]
  for (const form of forms) t.ok(leaksIn(`<b>${form}</b>`, [secret]).length > 0, form)
  t.same(leaksIn('nothing of it', [secret]), [])
  const row = await play({
    name: 'test/leaves and tells',
    exits: [0],
    secrets: [secret],
    play: async arena => {
      arena.file('tmp/left', '')
      arena.file('report-1.json', secret)
      return { exitCode: 7 }
    },
  })
  t.match(row.complaints, [/exit 7, 0 was due/, /left: left/, /leaked: hunter2/])
})

t.test('an attack that goes wrong by itself is a red row, and no end of the table', async t => {
  const row = await play({
    name: 'test/throws',
    exits: [0],
    play: () => Promise.reject(new RangeError('no peer')),
  })
  t.match(row.complaints, [/exit \?/, /threw RangeError: no peer/])
})

t.test('a table goes on where it ended, with green rows of the same program alone', async t => {
  const file = path.join(t.testdir(), 'rows')
  const measured = { exitCode: 0, seconds: 1, peakMb: 100, left: [], leaked: [] }
  const green = { name: 'kind/green', ...measured, complaints: [] }
  const red = { name: 'kind/red', ...measured, complaints: ['exit 0, 1 was due'] }
  for (const row of [green, red]) rowsKeptIn(file, 'one').keep(row)
  t.same(rowsKeptIn(file, 'one').find(green.name), green)
  t.equal(rowsKeptIn(file, 'one').find(red.name), undefined, 'a red one is played again')
  t.equal(rowsKeptIn(file, 'another').find(green.name), undefined, 'another program')
  const earlier = rowsKeptIn(file, 'another', ['one'])
  t.same(earlier.find(green.name), { ...green, earlierState: 'one' }, 'one that is named')
  t.equal(earlier.find(red.name), undefined, 'of which what is red is played again')
})

t.test('a page tells that it is a part of the table, and of which program', async t => {
  const row = { name: 'kind/one', exitCode: 0, seconds: 1, peakMb: 100, left: [], leaked: [] }
  const of = { date: '2026-01-02', commit: 'abc1234', state: 'def5678' }
  const whole = pageOf([{ ...row, complaints: [] }], { ...of, notPlayed: 0 })
  t.match(whole, /at abc1234 \(program def5678/)
  t.match(whole, /\| kind\/one \| 0 \| 1\.0 \| 100 \| 0 \| 0 \|/)
  t.notMatch(whole, /not played/)
  t.notMatch(whole, /An earlier program/)
  const joined = pageOf([{ ...row, complaints: [], earlierState: 'abc' }], { ...of, notPlayed: 0 })
  t.match(joined, /An earlier program, abc, played 1 of the rows/)
  t.match(pageOf([], { ...of, notPlayed: 3 }), /3 more were not played/)
})

t.test('one changed byte of the program is another program', async t => {
  const one = { 'bin.js': 'run()' }
  const root = t.testdir({
    dist: one,
    suites: {},
    device: {},
    fixtures: { targets: {} },
    scripts: { hostile: {} },
  })
  const before = stateOf(root)
  t.equal(stateOf(root), before)
  writeFileSync(path.join(root, 'dist', 'bin.js'), 'run(1)')
  t.not(stateOf(root), before)
})
