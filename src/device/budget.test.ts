import t from 'tap'
import { createSimulatedPico, type SimulatedPico } from '../targets/micropython/board.ts'
import { DeviceBroker } from './device-broker.ts'

/** Seconds on an idle machine; this is for one that is not. */
const limitMs = 180_000

/** Bytes of heap that `from umqtt.simple import MQTTClient` takes on this MicroPython, compiled from the source of its version 1.8.0. */
const umqttSimpleBytes = 3600
/** Of the client and its journal: 7 % of a Pico W's heap. */
const codeBytesMax = 14 * 1024
const peakBytesMax = 41 * 1024
const packetBytes = 8 * 1024
/** Beside the client. */
const moduleBytesMax = { aio: 4096, v5: 4096, topics: 1280, dns: 1600, wifi: 1536 }

/** Runs a loop() on a board of its own to its end; returns its lines and its figures. */
async function run(app: string, image?: SimulatedPico) {
  const board = image ?? (await createSimulatedPico({ program: 'main', files: { 'app.py': app } }))
  const lines: string[] = []
  board.onLine(line => lines.push(line))
  const end = await board.ended
  const stats = board.stats()
  await board.stop()
  return { lines, end, stats }
}

/** Heap that modules still take after a collection. */
async function heapOf(imports: string, before = 'pass'): Promise<number> {
  const app = `
def loop():
    import gc
    import socket, struct, errno, binascii, time, os
    ${before}
    yield
    before = gc.mem_alloc()
    ${imports}
    yield
    print(gc.mem_alloc() - before)
`
  const { lines } = await run(app)
  return Number(lines[0])
}

t.test('the code of the client with its journal takes at most 14 KB of heap', async t => {
  t.setTimeout(limitMs)
  const client = await heapOf('from umqtt2.client import MQTTClient')
  const journal = await heapOf('from umqtt2.journal import Journal')
  t.comment(`client ${client} B, with journal ${journal} B, umqtt.simple ${umqttSimpleBytes} B`)
  t.ok(client > 0 && journal > client)
  t.ok(journal <= codeBytesMax, `${journal} B`)
})

t.test('the optional modules take what the README says, and no more', async t => {
  t.setTimeout(limitMs)
  const before = 'import random, asyncio, network; from umqtt2.client import MQTTClient'
  for (const [name, most] of Object.entries(moduleBytesMax)) {
    const bytes = await heapOf(`import umqtt2.${name}`, before)
    t.comment(`${name} ${bytes} B`)
    t.ok(bytes > 0 && bytes <= most, `${name}: ${bytes} B`)
  }
})

t.test('a packet of 8 KB each way fits 41 KB of heap', async t => {
  t.setTimeout(limitMs)
  const broker = await new DeviceBroker().start()
  t.teardown(() => broker.stop())
  broker.hook = packet => {
    if (packet.type === 'SUBSCRIBE')
      setImmediate(() => broker.send('in', Buffer.alloc(packetBytes - 8, 'x')))
    return 'answer'
  }
  const app = `
from umqtt2.client import MQTTClient
from umqtt2.journal import Journal
def loop():
    got = []
    c = MQTTClient('pico', '127.0.0.1', ${broker.port}, journal=Journal())
    c.set_callback(lambda topic, msg: got.append(len(msg)))
    yield
    c.connect()
    c.subscribe('in', 2)
    yield
    while not got or c.store.inbound:
        c.wait_msg()
        yield
    c.publish('out', b'x' * ${packetBytes - 20}, qos=2)
    yield
    print(got)
`
  const { lines, stats } = await run(app)
  t.same(lines, [`[${packetBytes - 8}]`])
  t.equal(broker.received[0]?.length, packetBytes - 20)
  t.comment(`peak ${stats.heap.peakBytes} B`)
  t.ok(stats.heap.peakBytes <= peakBytesMax, `${stats.heap.peakBytes} B`)
})

t.test('a QoS 2 message of 100 B wears the flash by at most 0.2 erases', async t => {
  t.setTimeout(limitMs)
  const broker = await new DeviceBroker().start()
  t.teardown(() => broker.stop())
  const app = `
from umqtt2.client import MQTTClient
from umqtt2.journal import Journal
def loop():
    c = MQTTClient('pico', '127.0.0.1', ${broker.port}, journal=Journal())
    c.connect()
    for i in range(500):
        c.publish('out', b'x' * 90 + str(i).encode(), qos=2)
        yield
`
  const { end, stats } = await run(app)
  t.same(end, { why: 'exit' })
  t.equal(broker.received.length, 500)
  const erases = stats.flash.erases / 500
  t.comment(`${erases} erases and ${stats.flash.commits / 500} commits per message`)
  t.ok(stats.flash.commits / 500 < 3.05, 'three commits per message')
  t.ok(erases <= 0.2, `${erases}`)
})
