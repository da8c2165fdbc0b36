import { spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import t from 'tap'
import { attacks } from './hostile/attacks/index.ts'
import { leaksIn } from './hostile/leaks.ts'
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
