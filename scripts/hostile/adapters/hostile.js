// node hostile.js BEHAVIOUR: an adapter around MQTT.js that does what no adapter should, from its start or once a client subscribes.
import { spawn } from 'node:child_process'
import { closeSync } from 'node:fs'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'

const [behaviour = ''] = process.argv.slice(2)
const honest = fileURLToPath(
  new URL('../../../fixtures/targets/clients/mqttjs.js', import.meta.url),
)

/** The same bytes without end, as fast as they are taken. */
function flood(text) {
  while (process.stdout.write(text));
  process.stdout.once('drain', () => flood(text))
}

const line = value => `${JSON.stringify(value)}\n`
const delivered = { event: 'delivered', topic: 'flood', payload: 'x', qos: 0, retain: false }

function begin() {
  switch (behaviour) {
    case 'silent':
      process.stdin.resume()
      return
    case 'one-line':
      process.stdin.resume()
      return flood('x'.repeat(65_536))
    case 'noise':
      process.stdin.resume()
      return flood('this is no line of the protocol\n'.repeat(2000))
    case 'stderr': {
      const pour = () => {
        while (process.stderr.write('e'.repeat(65_536)));
        process.stderr.once('drain', pour)
      }
      pour()
      return around()
    }
    default:
      return around()
  }
}

function around() {
  const inner = spawn(process.execPath, [honest], { stdio: ['pipe', 'pipe', 'inherit'] })
  inner.on('exit', code => process.exit(code ?? 1))
  const clients = new Set()
  createInterface({ input: process.stdin }).on('line', text => {
    const command = JSON.parse(text)
    if (command.client?.startsWith('smoke') !== true && command.do === 'subscribe')
      misbehave(command)
    inner.stdin.write(`${text}\n`)
  })
  process.stdin.on('end', () => inner.stdin.end())
  createInterface({ input: inner.stdout }).on('line', text =>
    process.stdout.write(`${altered(text)}\n`),
  )
  void clients
}

let misbehaved = false

function misbehave({ client }) {
  if (misbehaved) return
  misbehaved = true
  switch (behaviour) {
    case 'delivered':
      return flood(line({ ...delivered, client }).repeat(500))
    case 'delivered-large':
      return flood(line({ ...delivered, client, payload: 'x'.repeat(900_000) }))
    case 'delivered-unknown':
      return flood(line({ ...delivered, client: 'nobody' }).repeat(500))
    case 'closes-stdout':
      return closeSync(1)
    case 'exits':
      return process.exit(7)
    case 'hangs':
      for (;;);
    case 'setsid': {
      const words = ['-e', 'setInterval(() => 0, 1000)']
      spawn('setsid', [process.execPath, ...words], { stdio: 'ignore', detached: true }).unref()
      return
    }
  }
}

function altered(text) {
  if (behaviour !== 'wrong-events' || !text.includes('"connected"')) return text
  const event = JSON.parse(text)
  return event.client?.startsWith('smoke') ? text : JSON.stringify({ ...event, code: 'a text' })
}

begin()
