// The same exchanges with bare sockets and nothing judged: replays the traces of a JSON report against a broker.
// Plain JavaScript, as little of it as possible: this is the floor that `mqttspec run` is measured against.
import { readFileSync } from 'node:fs'
import net from 'node:net'

const [file, port, jobs, rounds] = process.argv.slice(2)
/** Longer than any answer of a broker on this machine. */
const patienceMs = 300
const { results } = JSON.parse(readFileSync(file, 'utf8'))

/** What one case did on the wire: open, write, read so many bytes, close. */
const cases = results
  .filter(result => result.verdict === 'pass' && result.sleptMs === 0)
  .map(result => ({
    id: result.id,
    nonce: nonceOf(result),
    moves: result.trace.flatMap(event => {
      if (event.kind === 'open') return [{ open: event.connection }]
      if (event.kind === 'close') return event.by === 'harness' ? [{ close: event.connection }] : []
      if (event.kind !== 'packet' && event.kind !== 'bytes') return []
      const bytes = Buffer.from(event.bytes, 'hex')
      return event.from === 'harness'
        ? [{ write: event.connection, bytes }]
        : [{ read: event.connection, count: bytes.length }]
    }),
  }))
  .filter(entry => entry.nonce)

/** Client ids and topics begin with this; each round puts another of the same length in its place. */
function nonceOf(result) {
  const connect = result.trace.find(event => event.packet?.type === 'CONNECT')
  const clientId = connect?.packet.clientId ?? ''
  return connect ? clientId.slice(0, clientId.length - connect.actor.length) : ''
}

function renamed(bytes, from, to) {
  let text = bytes.toString('latin1')
  if (text.includes(from)) text = text.replaceAll(from, to)
  return Buffer.from(text, 'latin1')
}

async function replay({ nonce, moves }, number) {
  const own = `z${number.toString(36)}`.padEnd(nonce.length, '0').slice(0, nonce.length)
  const open = new Map()
  for (const move of moves) {
    if (move.open !== undefined) {
      const socket = net.connect({ port: Number(port), host: '127.0.0.1', noDelay: true })
      const state = { socket, got: 0, wake: () => undefined }
      socket.on('error', () => state.wake())
      socket.on('close', () => {
        state.closed = true
        state.wake()
      })
      socket.on('data', chunk => {
        state.got += chunk.length
        state.wake()
      })
      open.set(move.open, state)
      await new Promise(resolve => socket.once('connect', resolve))
    } else if (move.write !== undefined) {
      open.get(move.write).socket.write(renamed(move.bytes, nonce, own))
    } else if (move.read !== undefined) {
      const state = open.get(move.read)
      state.wanted = (state.wanted ?? 0) + move.count
      const late = setTimeout(() => {
        state.late = true
        state.wake()
      }, patienceMs)
      while (state.got < state.wanted && !state.closed && !state.late) {
        await new Promise(resolve => {
          state.wake = resolve
        })
      }
      clearTimeout(late)
      if (state.late) break
    } else if (move.close !== undefined) open.get(move.close).socket.end()
  }
  for (const { socket } of open.values()) socket.resetAndDestroy()
  return ![...open.values()].some(({ late }) => late)
}

/** Runs each of them so many times, side by side; says which of them got every byte they waited for. */
async function perform(entries, times, from) {
  const whole = new Set(entries)
  let next = 0
  await Promise.all(
    Array.from({ length: Number(jobs) }, async () => {
      while (next < entries.length * times) {
        const number = next++
        const entry = entries[number % entries.length]
        if (!(await replay(entry, from + number))) whole.delete(entry)
      }
    }),
  )
  return { whole: entries.filter(entry => whole.has(entry)), count: next }
}

// Where the broker's answers hang on time, bytes alone are no script: such a case waits in vain, and is left out.
const { whole } = await perform(cases, 1, 0)
const began = performance.now()
const cpuBegan = cpuMs()
const { count: next } = await perform(whole, Number(rounds), cases.length)
const ms = performance.now() - began
// A socket that the broker never closes would keep us here.
process.stdout.write(
  `${JSON.stringify({ cases: next, ids: whole.map(({ id }) => id), ms, cpuMs: cpuMs() - cpuBegan })}\n`,
  () => process.exit(),
)

function cpuMs() {
  const { user, system } = process.cpuUsage()
  return (user + system) / 1000
}
