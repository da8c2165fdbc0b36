import { Duplex, Transform } from 'node:stream'
import t from 'tap'
import { createReferenceBroker } from '../../../fixtures/testing/peers/broker.ts'
import { decode } from '../../wire/codec.ts'
import { createFramer } from '../../wire/framing.ts'
import { explore } from './explore.ts'
import { MemoryWatch } from './memory-watch.ts'

t.test('a long search goes on until it is stopped, and its identifiers begin anew', async t => {
  const broker = createReferenceBroker({})
  t.teardown(() => broker.close())
  const ids = new Set<number>()
  const handle = (stream: Duplex) => {
    const framer = createFramer({ maxPacketBytes: 1_000_000 })
    const reads = new Transform({
      transform(chunk, _encoding, done) {
        for (const { bytes } of framer.push(chunk)) {
          const packet = decode(bytes, '3.1.1')
          if (packet?.type === 'PUBLISH' && packet.id !== undefined) ids.add(packet.id)
        }
        done(null, chunk)
      },
    })
    stream.pipe(reads).on('error', () => undefined)
    const seen = Duplex.from({ readable: reads, writable: stream })
    seen.on('error', () => undefined)
    broker.accept(seen)
  }
  const stopping = new AbortController()
  const { exitCode, results, explored } = await explore({
    target: { handle },
    flows: ['qos1-publish'],
    mqtt: ['3.1.1'],
    faults: ['hold'],
    seed: 1,
    long: true,
    signal: stopping.signal,
    onProgress: ({ schedules }) => schedules > 40 && stopping.abort(),
  })
  t.equal(exitCode, 0)
  t.ok((explored?.schedules ?? 0) > 40, 'stopped by us, with its report')
  for (const id of [65_534, 65_535, 1, 2]) t.ok(ids.has(id), `identifier ${id}`)
  t.match(results.at(-1), { id: 'explore/long:3.1.1', verdict: 'pass' })
  t.match(results.at(-1)?.notes, [
    /schedules$/,
    /^mqttspec took [\d.]+ MB at first, [\d.]+ MB in the end, [\d.]+ MB at most$/,
    /^the memory of in-process is not known/,
  ])
})

t.test('the memory of a process that is gone keeps what was seen of it', async t => {
  let id: number | undefined = process.pid
  const watch = new MemoryWatch(new Map([['target', () => id]]))
  id = undefined
  t.match(watch.stop(), [/^target took [1-9][\d.]* MB at first/])
})
