import { Duplex, Transform } from 'node:stream'
import { Aedes } from 'aedes'
import t from 'tap'
import { createFramer } from '../wire/framing.ts'
import { run } from './run.ts'

/* Aedes, all of whose bytes come late once the probes are over: as on a machine where it gets no processor. */
async function lateBroker(lateMs: number, late: (bytes: Uint8Array) => boolean = () => true) {
  const broker = await Aedes.createBroker()
  let began = false
  const handle = (stream: Duplex) => {
    const framer = createFramer({ maxPacketBytes: 1_000_000 })
    const delay = new Transform({
      // A packet may be written in several chunks.
      transform(chunk, _encoding, done) {
        for (const { bytes } of framer.push(chunk)) {
          if (!began || !late(bytes)) this.push(bytes)
          else if (lateMs < Number.POSITIVE_INFINITY) setTimeout(() => this.push(bytes), lateMs)
        }
        done()
      },
    })
    delay.on('error', () => undefined).pipe(stream)
    const behind = Duplex.from({ readable: stream, writable: delay })
    behind.on('error', () => undefined)
    broker.handle(behind)
  }
  return { handle, begin: () => (began = true), close: () => broker.close() }
}

const options = {
  suites: ['qos2/broker-receives/pubrec-lost:3.1.1:close=fin'],
  // `replyMs` is 100 then.
  timeoutScale: 0.02,
  seed: 1,
}

t.test('a broker whose every answer comes after the budget is slow and not silent', async t => {
  const broker = await lateBroker(130)
  t.teardown(() => broker.close())
  const { handle } = broker
  const report = await run({ ...options, target: { handle }, onBegin: broker.begin })
  t.equal(report.results[0]?.verdict, 'pass', `${report.results[0]?.reason}`)
  const notes = report.results[0]?.trace.filter(event => event.kind === 'note') ?? []
  t.ok(notes.length > 0, 'the trace says so')
  // However long the wait for a slow broker becomes, it must not end by the broker's missing a PINGREQ.
  const connect = report.results[0]?.trace.find(
    event => event.kind === 'packet' && event.packet.type === 'CONNECT',
  )
  t.match(connect, { packet: { keepAliveS: 600 } })
})

t.test('a broker that answers all but PUBREC at once is silent', async t => {
  const broker = await lateBroker(Number.POSITIVE_INFINITY, bytes => bytes[0] === 0x50)
  t.teardown(() => broker.close())
  const { handle } = broker
  const report = await run({ ...options, target: { handle }, onBegin: broker.begin })
  t.not(report.results[0]?.verdict, 'pass')
  t.match(report.results[0]?.reason, /PUBREC/)
})
