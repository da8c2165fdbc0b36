// The same exchanges of a client library with a bare fake broker and nothing judged: replays the traces of a JSON report, the
// commands of the application through the same adapter. Plain JavaScript, as little of it as possible: the floor for clients.
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import net from 'node:net'
import { createInterface } from 'node:readline'

const [file, adapterFile, jobs] = process.argv.slice(2)
const { results } = JSON.parse(readFileSync(file, 'utf8'))

const kinds = ['command', 'app', 'fence', 'open', 'close', 'packet']
const cases = results
  .filter(result => result.verdict === 'pass' && result.sleptMs === 0 && isPlain(result.trace))
  .map(({ id, trace }) => ({ id, trace: trace.filter(({ kind }) => kinds.includes(kind)) }))

/** One application, no bytes but whole packets, and never so many messages at once that they could come in another order. */
function isPlain(trace) {
  const actors = new Set(trace.map(({ actor }) => actor).filter(Boolean))
  if ([...actors].some(actor => actor !== 'app' && actor !== 'broker')) return false
  const sent = trace.filter(({ from, packet }) => from === 'target' && packet?.type === 'PUBLISH')
  if (new Set(sent.map(({ packet }) => packet.payload)).size > 1) return false
  return !trace.some(({ kind }) => kind === 'bytes')
}

const adapter = spawn(process.execPath, [adapterFile], { stdio: ['pipe', 'pipe', 'ignore'] })
const answers = new Map()
const listeners = new Map()
let asked = 0
createInterface({ input: adapter.stdout }).on('line', line => {
  const { id, event, client } = JSON.parse(line)
  if (event) listeners.get(client)?.()
  else answers.get(id)?.()
})

function ask(client, fields) {
  const id = ++asked
  adapter.stdin.write(`${JSON.stringify({ id, client, ...fields })}\n`)
  return new Promise(resolve => answers.set(id, resolve))
}

/** Resolves when `reached` holds; `wake` looks again. */
function gate() {
  let look = () => undefined
  return {
    wake: () => look(),
    until: reached =>
      new Promise(resolve => {
        look = () => reached() && resolve()
        look()
      }),
  }
}

async function replay(trace, number) {
  const client = `z${number}`
  const { until, wake } = gate()
  const server = net.createServer({ noDelay: true })
  const links = []
  // What the library chose for an identifier in this run, by what it chose in the recorded one.
  const ids = new Map()
  let events = 0
  server.on('connection', socket => {
    const link = { socket, packets: [], rest: Buffer.alloc(0) }
    links.push(link)
    socket.on('error', () => undefined)
    socket.on('data', chunk => {
      link.rest = Buffer.concat([link.rest, chunk])
      for (let end = endOfPacket(link.rest); end > 0; end = endOfPacket(link.rest)) {
        link.packets.push(link.rest.subarray(0, end))
        link.rest = link.rest.subarray(end)
      }
      wake()
    })
    wake()
  })
  listeners.set(client, () => {
    events++
    wake()
  })
  await once(server.listen(0, '127.0.0.1'), 'listening')
  const { port } = server.address()
  const connect = trace.find(({ packet }) => packet?.type === 'CONNECT').packet

  let heard = 0
  for (const event of trace) {
    const link = links[event.connection - 1]
    if (event.kind === 'command') {
      const { ok, ...command } = event.command
      const session = connect.clean ? 'fresh' : 'kept'
      const { clientId, keepAliveS } = connect
      const own = { host: '127.0.0.1', port, version: '3.1.1', clientId, session, keepAliveS }
      await ask(client, command.do === 'connect' ? { ...command, ...own } : command)
    } else if (event.kind === 'app') {
      heard++
      await until(() => events >= heard)
    } else if (event.kind === 'fence' && event.how === 'nonce') {
      await ask(client, { do: 'ping', nonce: 'n' })
    } else if (event.kind === 'open') {
      await until(() => links.length >= event.connection)
    } else if (event.kind === 'close' && event.by === 'harness') {
      link.closed = true
      if (event.how === 'rst') link.socket.resetAndDestroy()
      else link.socket.destroy()
    } else if (event.kind === 'packet' && event.from === 'target') {
      // What was still under way when we closed may or may not arrive.
      if (link.closed) continue
      await until(() => link.packets.length > 0)
      const packet = link.packets.shift()
      if (begins(packet)) ids.set(event.packet.id, idOf(packet))
    } else if (event.kind === 'packet') {
      const bytes = Buffer.from(event.bytes, 'hex')
      if (answersIt(bytes)) bytes.writeUInt16BE(ids.get(event.packet.id) ?? event.packet.id, 2)
      link.socket.write(bytes)
    }
  }
  await ask(client, { do: 'stop' })
  for (const { socket } of links) socket.destroy()
  server.close()
}

/** Where the first packet ends, or 0 where it is not whole. */
function endOfPacket(bytes) {
  let length = 0
  for (let i = 1; i < Math.min(bytes.length, 5); i++) {
    length += (bytes[i] & 0x7f) << (7 * (i - 1))
    if (bytes[i] < 0x80) return i + 1 + length <= bytes.length ? i + 1 + length : 0
  }
  return 0
}

/** PUBLISH above QoS 0, SUBSCRIBE, UNSUBSCRIBE: their identifier is the library's choice. All of them are short here. */
function begins(packet) {
  const type = packet[0] >> 4
  return type === 8 || type === 10 || (type === 3 && (packet[0] & 6) > 0)
}

function idOf(packet) {
  const at = packet.findIndex((byte, i) => i > 0 && byte < 0x80) + 1
  return packet.readUInt16BE(packet[0] >> 4 === 3 ? at + 2 + packet.readUInt16BE(at) : at)
}

/** PUBACK, PUBREC, PUBCOMP, SUBACK and UNSUBACK repeat the identifier of what they answer. */
function answersIt(packet) {
  return [4, 5, 7, 9, 11].includes(packet[0] >> 4)
}

await ask('', { do: 'hello' })
let next = 0
const cpuBegan = cpuMs()
const began = performance.now()
await Promise.all(
  Array.from({ length: Number(jobs) }, async () => {
    while (next < cases.length) {
      const number = next++
      await replay(cases[number].trace, number)
    }
  }),
)
const ms = performance.now() - began
const ids = cases.map(({ id }) => id)
process.stdout.write(`${JSON.stringify({ ids, ms, cpuMs: cpuMs() - cpuBegan })}\n`)
adapter.kill('SIGKILL')

function cpuMs() {
  const { user, system } = process.cpuUsage()
  return (user + system) / 1000
}
