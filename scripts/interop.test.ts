import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import os from 'node:os'
import path from 'node:path'
import t from 'tap'
import type { Profile } from '../src/targets/profile.ts'
import { runTarget } from './interop/run-target.ts'

/* `npm run interop` runs what is there, and lists the rest. */
t.test(
  'a program that is not on this machine is missing, and no target that passes nothing',
  async t => {
    const dir = await mkdtemp(path.join(os.tmpdir(), 'mqttspec-interop-test-'))
    t.teardown(() => rm(dir, { recursive: true, force: true }))
    const file = path.join(dir, 'absent.yaml')
    await writeFile(
      file,
      `name: absent
role: broker
versions: [3.1.1]
start:
  command: [no-such-broker-is-installed, $port]
`,
    )
    const profile = { name: file, role: 'broker' } as Profile
    const outcome = await runTarget(profile, { limitS: 60, jobs: '1' })
    t.match(outcome, { kind: 'missing', why: /PROGRAM_MISSING.*no-such-broker-is-installed/ })
  },
)
