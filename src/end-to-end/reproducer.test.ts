import { execFile, spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import t from 'tap'
import { brokerTarget } from '../../scripts/proof/peers.ts'
import { scaled } from '../engine/waiting/budgets.ts'
import { issueOf } from '../reporters/issue/issue-text.ts'
import { readSuites } from '../run/choice/choose-suites.ts'
import { runLoaded } from '../run/run.ts'
import { openTarget } from '../targets/index.ts'

/* A bug report of a failure of Aedes shows it again on Aedes, and not on a broker that is right. */

const noPython = spawnSync('python3', ['--version']).error ? 'apt-get install python3' : false
const folder = mkdtempSync(path.join(os.tmpdir(), 'reproducer-'))
t.teardown(() => rmSync(folder, { recursive: true }))

const failures: { word: string; how: string }[] = [
  { word: 'qos2/levels/overlapping:3.1.1:qos=2', how: 'a packet that is not as it should be' },
  { word: 'protocol/connect/will-qos-3:3.1.1', how: 'a connection that stays open' },
  { word: 'qos2/stray-acks/puback-for-qos2:3.1.1', how: 'a packet that does not come' },
]

const sideBySide = { skip: noPython, jobs: failures.length, timeout: 120_000 }

t.test('a failure is shown by Python alone', sideBySide, async t => {
  for (const { word, how } of failures) {
    t.test(`${how}: ${word}`, { buffered: true, timeout: 120_000 }, async t => {
      const { suites } = await readSuites([word])
      const cases = suites.flatMap(suite => suite.cases).filter(({ id }) => id === word)
      const aedes = await openTarget('aedes', scaled({}, 1))
      t.teardown(() => aedes.stop())
      const report = await runLoaded(cases, aedes, { seed: 1, proceed: true })
      const result = report.results.find(({ id }) => id === word)
      if (!result) return t.fail('the case was not run')
      t.equal(result.verdict, 'fail', result.reason)
      const issue = issueOf(report, result)
      t.match(issue?.markdown, /```python\n#!\/usr\/bin\/env python3/)
      if (issue?.reproducer.kind !== 'program') return t.fail(issue?.reproducer.why ?? 'no issue')
      const file = path.join(folder, `${result.id.replace(/\W/g, '-')}.py`)
      writeFileSync(file, issue.reproducer.text)
      const wrong = await played(file, aedes.address)
      t.equal(wrong.code, 1, wrong.told)
      const right = await brokerTarget('reference', () => ({}))
      t.teardown(() => right.stop())
      const fine = await played(file, right.address)
      t.equal(fine.code, 0, fine.told)
      const nobody = await played(file, 'mqtt://127.0.0.1:1')
      t.equal(nobody.code, 2, nobody.told)
      t.match(nobody.told, /^not played to its end: .*refused/)
    })
  }
})

function played(file: string, address: string): Promise<{ code: number; told: string }> {
  const { hostname, port } = new URL(address)
  return new Promise(resolve => {
    const words = [file, hostname, port]
    execFile('python3', words, { timeout: 60_000 }, (error, stdout, stderr) => {
      resolve({ code: Number(error?.code ?? 0), told: `${stdout}${stderr}` })
    })
  })
}
