import t from 'tap'
import type { TraceEvent, Unstamped } from '../../model/trace.ts'
import { Redactor } from './redact.ts'
import { TraceLog } from './trace-log.ts'

function long(): Unstamped {
  const bytes = new Uint8Array(100_000)
  const on = { connection: 1, actor: 'a', from: 'target' } as const
  return { kind: 'bytes', ...on, bytes, why: 'raw' }
}

function bytesIn(log: TraceLog): number[] {
  return log.events().map(event => (event.kind === 'bytes' ? event.bytes.length : 0))
}

t.test('traces that are held side by side share what they keep of long packets', async t => {
  const shared = { leftBytes: 250_000 }
  const seen: TraceEvent[] = []
  const [one, other] = [0, 1].map(
    () => new TraceLog(new Redactor(), event => void seen.push(event), shared),
  )
  for (const log of [one, other, other]) log?.record(long())
  t.same(bytesIn(one!), [100_000])
  t.same(bytesIn(other!), [100_000, 512])
  t.match(other!.events()[1], { leftOutBytes: 99_488 })
  t.ok(
    seen.every(event => event.kind === 'bytes' && event.bytes.length === 100_000),
    'judges see all of it',
  )
})

t.test('a trace of its own keeps the long packets of its beginning', async t => {
  const log = new TraceLog(new Redactor(), () => undefined)
  for (let i = 0; i < 12; i++) log.record(long())
  t.same(bytesIn(log), [...Array(10).fill(100_000), 512, 512])
})
