import { spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import t from 'tap'
import { makeTemporary, removeTemporary } from './temporary.ts'

t.test('a temporary folder ends when it is removed', async t => {
  const folder = await makeTemporary('test')
  t.ok(existsSync(folder))
  await removeTemporary(folder)
  t.notOk(existsSync(folder))
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
