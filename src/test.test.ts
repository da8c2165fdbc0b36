import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import t from 'tap'

const root = fileURLToPath(new URL('..', import.meta.url))
const folder = 'fixtures/testing/test-files'

t.test('`npm test` with files that fail', async t => {
  const notes = mkdtempSync(path.join(os.tmpdir(), 'test-files-'))
  t.teardown(() => rmSync(notes, { recursive: true }))
  const files = ['fails-once', 'always-fails', 'cannot-be-loaded'].map(
    name => `${folder}/${name}.ts`,
  )
  const { status, stdout } = spawnSync(
    process.execPath,
    ['--import=tsx', 'src/test.ts', ...files],
    {
      cwd: root,
      encoding: 'utf8',
      env: { ...process.env, MQTTSPEC_RUN_BEFORE: path.join(notes, 'run-before') },
    },
  )
  const lines = stdout.split('\n')
  const times = (beginning: string) => lines.filter(line => line.startsWith(beginning)).length

  t.test('one that passes when it is run again alone is called unstable', async t => {
    t.equal(times(`not ok - ${folder}/fails-once.ts `), 1)
    t.equal(times(`ok - ${folder}/fails-once.ts `), 1)
    t.equal(times(`# UNSTABLE: ${folder}/fails-once.ts `), 1)
    t.equal(times(`# FAILED: ${folder}/fails-once.ts`), 0)
  })

  t.test('one that fails again has failed', async t => {
    t.equal(times(`not ok - ${folder}/always-fails.ts `), 2)
    t.equal(times(`# UNSTABLE: ${folder}/always-fails.ts `), 0)
    t.equal(times(`# FAILED: ${folder}/always-fails.ts`), 1)
  })

  t.test('so has one that cannot be loaded', async t => {
    t.equal(times(`# FAILED: ${folder}/cannot-be-loaded.ts`), 1)
  })

  t.equal(times('# 1 passed, 2 failed, 0 skipped'), 1, 'what counts is the run alone')
  t.equal(status, 1)
})
