import t from 'tap'
import { caseOf, findingOf } from '../../../fixtures/testing/reports/build.ts'
import type { TraceEvent } from '../../model/trace.ts'
import { doesTheSame, mayRace } from './may-race.ts'

function opened(connections: number, more = 0): TraceEvent[] {
  const events: TraceEvent[] = []
  for (let seq = 0; seq < connections; seq++) {
    const connection = seq + 1
    const by = 'harness' as const
    events.push({ kind: 'open', connection, actor: 'a', by, version: '5.0', seq, at: seq })
  }
  for (let seq = 0; seq < more; seq++) events.push({ kind: 'note', text: '', seq, at: seq })
  return events
}

const trace = opened(2)

t.test('a race takes two connections', async t => {
  t.equal(mayRace(caseOf('a/b:5.0', { trace })), true)
  t.equal(mayRace(caseOf('a/b:5.0', { trace: opened(1) })), false)
})

t.test('how long a case took decides nothing', async t => {
  t.equal(mayRace(caseOf('a/b:5.0', { trace, durationMs: 60_000 })), true)
})

t.test('what waits, or is very large, is not played only to learn that', async t => {
  t.equal(mayRace(caseOf('a/b:5.0', { trace, sleptMs: 1 })), false)
  const findings = [findingOf({ absent: true })]
  t.equal(mayRace(caseOf('a/b:5.0', { trace, findings })), false)
  t.equal(mayRace(caseOf('a/b:5.0', { trace: opened(2, 6000) })), true)
  t.equal(mayRace(caseOf('a/b:5.0', { trace: opened(2, 10_000) })), false)
})

t.test('a simulated board does the same each time, any other target may not', async t => {
  const target = (settings?: Record<string, string>) => ({
    profile: {
      name: 'x',
      role: 'client' as const,
      versions: ['5.0' as const],
      ...(settings ? { settings } : {}),
    },
  })
  t.equal(doesTheSame(target({ board: 'simulated' })), true)
  t.equal(doesTheSame(target({ board: 'emulated' })), false)
  t.equal(doesTheSame(target()), false)
})
