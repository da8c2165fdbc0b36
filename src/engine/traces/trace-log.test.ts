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

t.test('a small packet of a trace that lasts does not hold what was read with it', async t => {
  const read = new Uint8Array(65_536)
  const on = { connection: 1, actor: 'a', from: 'target' } as const
  for (const [shared, sizes] of [
    [{ leftBytes: 1000 }, [10, 10]],
    [undefined, [65_536, 65_536]],
  ] as const) {
    const log = new TraceLog(new Redactor(), () => undefined, shared)
    const packet = {
      type: 'PUBLISH' as const,
      topic: 'a',
      qos: 0 as const,
      dup: false,
      retain: false,
      payload: read.subarray(6, 10),
      properties: {},
    }
    log.record({ kind: 'packet', ...on, packet, bytes: read.subarray(0, 10), seq: 0, at: 0 })
    const [kept] = log.events()
    if (kept?.kind !== 'packet' || kept.packet.type !== 'PUBLISH') return t.fail('no packet')
    t.same([kept.bytes.buffer.byteLength, kept.packet.payload.buffer.byteLength], sizes)
  }
})
