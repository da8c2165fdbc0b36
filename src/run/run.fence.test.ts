import { Duplex, Transform } from 'node:stream'
import { Aedes } from 'aedes'
import t from 'tap'
import { sentinelPrefix } from '../model/trace.ts'
import { createFramer } from '../wire/framing.ts'
import { run } from './run.ts'

/** Aedes, whose PUBLISH packets come late; those of a fence too. */
async function lateMessages(ms: number) {
  const broker = await Aedes.createBroker()
  const handle = (stream: Duplex) => {
    const framer = createFramer({ maxPacketBytes: 1_000_000 })
    const late = new Transform({
      transform(chunk, _encoding, done) {
        const frames = framer.push(chunk)
        for (const { bytes } of frames) this.push(bytes)
        const isMessage = frames.some(({ bytes }) => bytes[0]! >> 4 === 3)
        if (isMessage) setTimeout(done, ms)
        else done()
      },
    })
    late.on('error', () => undefined).pipe(stream)
    const behind = Duplex.from({ readable: stream, writable: late })
    behind.on('error', () => undefined)
    broker.handle(behind)
  }
  return { handle, close: () => broker.close() }
}

t.test('a fence publishes its own message when the rest of a queue has come', async t => {
  const broker = await lateMessages(30)
  t.teardown(() => broker.close())
  const { handle } = broker
  const report = await run({
    suites: ['session/offline-queue/several-subscribers:3.1.1'],
    target: { handle },
    seed: 1,
  })
  const [result] = report.results
  const messages = (result?.trace ?? []).flatMap(event =>
    event.kind === 'packet' && event.packet.type === 'PUBLISH'
      ? [{ ...event, ...event.packet }]
      : [],
  )
  const isSentinel = ({ payload }: { payload: Uint8Array }) =>
    new TextDecoder().decode(payload).startsWith(sentinelPrefix)
  const sent = messages.findIndex(one => one.from === 'harness' && isSentinel(one))
  const came = messages.filter(one => one.from === 'target' && !isSentinel(one))
  t.ok(came.length >= 30, 'three subscribers, ten messages each')
  const behind = messages.slice(sent).filter(one => came.includes(one))
  t.same(behind, [], 'none of them came behind the message of the fence')
})
