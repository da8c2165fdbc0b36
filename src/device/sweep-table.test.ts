import t from 'tap'
import type { SweepReport } from './sweep.ts'
import { sweepTable, withSection } from './sweep-table.ts'

const report: SweepReport = {
  flow: 'publish one',
  operations: { socketOps: 4, commits: 3, erases: 0, programs: 0, lines: 2 },
  cuts: { first: 6, second: 2 },
  byPoint: { 'commit torn': 5, 'socket-op before': 3 },
  messages: 24,
  states: 4,
  notReached: ['after line 9'],
  gaps: ['after commit 1: c1'],
  failures: [
    { at: 'torn commit 2', problems: ['m1 was accepted and never arrived'], log: [] },
    { at: 'after commit 2', problems: ['m1 arrived 2 times', 'm2 is still open'], log: [] },
  ],
  durationMs: 5,
}

t.test('kills are counted by where the power went, and findings by what they are', async t => {
  const table = sweepTable([report, { ...report, failures: [] }])
  for (const row of [
    '| in a write to flash: half of it is there | 10 |',
    '| before a socket operation | 6 |',
    '| **kills** | 16 |',
    '| messages judged | 48 |',
    '| lost | 1 |',
    '| doubled | 1 |',
    '| other findings | 1 |',
    '| in the one gap, between an id and its callback | 2 |',
    '- publish one, torn commit 2: m1 was accepted and never arrived',
  ])
    t.ok(table.includes(`${row}\n`), row)
})

t.test('a section is written anew, and what else is on the page stays', async t => {
  const page = withSection('# Cuts\n\n', 'Simulated', 'one\n')
  t.equal(page, '# Cuts\n\n## Simulated\n\none\n')
  const both = withSection(page, 'Emulated', 'two')
  t.equal(both, '# Cuts\n\n## Simulated\n\none\n\n## Emulated\n\ntwo\n')
  t.equal(withSection(both, 'Simulated', 'three'), both.replace('one', 'three'))
  t.equal(withSection('', 'Emulated', 'two'), '## Emulated\n\ntwo\n')
})
