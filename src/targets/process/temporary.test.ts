import { spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import os from 'node:os'
import path from 'node:path'
import t from 'tap'
import { owner } from '../guard/owner.ts'
import { makeTemporary, removeTemporary, sweep } from './temporary.ts'

t.test('a temporary folder ends when it is removed', async t => {
  const folder = await makeTemporary('test')
  t.ok(existsSync(folder))
  await removeTemporary(folder)
  t.notOk(existsSync(folder))
})

t.test('its name is whole, whatever TMPDIR is', async t => {
  const { TMPDIR } = process.env
  t.teardown(() => {
    if (TMPDIR === undefined) delete process.env.TMPDIR
    else process.env.TMPDIR = TMPDIR
  })
  process.env.TMPDIR = path.relative(process.cwd(), os.tmpdir())
  const folder = await makeTemporary('test')
  t.ok(path.isAbsolute(folder), folder)
  await removeTemporary(folder)
})

t.test('and at the latest with the process', async t => {
  const here = new URL('./temporary.ts', import.meta.url).href
  const script = `
    import { makeTemporary } from '${here}'
    process.stdout.write(await makeTemporary('test'))
    process.exit(130)`
  const { stdout } = spawnSync(
    process.execPath,
    ['--import=tsx', '--input-type=module', '--eval', script],
    { encoding: 'utf8' },
  )
  t.match(stdout, /mqttspec-test-/)
  t.notOk(existsSync(stdout))
})

t.test('what a run left that was killed is swept away by the next, and nothing else', async t => {
  const place = await mkdtemp(path.join(os.tmpdir(), 'sweep-'))
  t.teardown(() => rm(place, { recursive: true }))
  const { pid } = spawnSync(process.execPath, ['-e', ''])
  const [, start, machine] = owner.split('.')
  const dead = await mkdtemp(path.join(place, `mqttspec-aedes-${pid}.${start}.${machine}-`))
  const ours = await mkdtemp(path.join(place, `mqttspec-aedes-${owner}-`))
  const other = await mkdtemp(path.join(place, 'mqttspec-aedes-'))
  await sweep(place)
  t.notOk(existsSync(dead), 'its process is gone')
  t.ok(existsSync(ours), 'its process runs')
  t.ok(existsSync(other), 'it tells of nobody')
})
