import { readFileSync } from 'node:fs'
import t from 'tap'
import { readSuites } from '../src/run/choice/choose-suites.ts'
import { openStatements } from '../src/standard/coverage.ts'
import { unseen, unseenReasons } from '../src/standard/statements/unseen.ts'
import { statements } from '../src/standard/statements.ts'
import { coveragePage, coveringOf } from './statements/coverage-page.ts'

/** Statements without a case and without a reason. The numbers may fall, and never rise. */
const openMax = {
  broker: { '3.1.1': 0, '5.0': 0 },
  client: { '3.1.1': 0, '5.0': 0 },
} as const

t.test('every statement has a case or a reason', async t => {
  const { suites } = await readSuites([])
  const cases = coveringOf(suites)
  for (const kind of ['broker', 'client'] as const) {
    for (const version of ['3.1.1', '5.0'] as const) {
      const open = openStatements(cases, kind, version)
      t.ok(open.length <= openMax[kind][version], `${kind} ${version}: ${open.join(' ')}`)
    }
  }
  const page = readFileSync(new URL('../docs/coverage.md', import.meta.url), 'utf8')
  const proof = JSON.parse(readFileSync(new URL('../reports/proof.json', import.meta.url), 'utf8'))
  t.equal(coveragePage(suites, proof), page, 'docs/coverage.md is up to date: npm run generate')
})

t.test('a reason stands at a statement that there is, and no case covers it', async t => {
  const { suites } = await readSuites([])
  const covered = new Set(suites.flatMap(({ cases }) => cases.flatMap(({ covers }) => covers)))
  for (const [ref, entry] of Object.entries(unseen)) {
    t.ok(statements.has(ref as never), ref)
    t.ok(entry && entry.reason in unseenReasons, `${ref} has a reason of the list`)
    t.notOk(covered.has(ref as never), `${ref} has no case`)
  }
})
