import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { Duplex } from 'node:stream'
import t from 'tap'
import type { LineEndpoint } from '../lines.ts'
import { TargetError } from '../target-error.ts'
import { createSimulatedPico } from './board.ts'
import { readFirmware } from './firmware.ts'
import { RawRepl, RemoteError } from './raw-repl.ts'
import { openSerialPico, portProblem, startTester } from './serial.ts'

const onSimulation = 'import console, tester\nfor _ in tester.loop(console.stdin):\n    pass'

t.test(
  'the raw REPL runs code, reports its output and its exceptions, and takes long code',
  async t => {
    const board = await createSimulatedPico({ program: 'repl' })
    t.teardown(() => board.stop())
    const repl = new RawRepl(board.serial())
    await repl.enter()
    t.equal((await repl.run('print(6 * 7)')).trim(), '42')
    await t.rejects(repl.run('1 / 0'), { name: 'RemoteError', message: /ZeroDivisionError/ })
    const long = `x = '${'y'.repeat(5000)}'\nprint(len(x))`
    t.equal((await repl.run(long)).trim(), '5000')
    await repl.run('kept = 1')
    await repl.enter()
    await t.rejects(repl.run('kept'), RemoteError, 'entering starts a fresh interpreter')
  },
)

t.test('firmware goes over the port onto the board, and the tester answers there', async t => {
  const board = await createSimulatedPico({ program: 'repl', files: { 'tester.py': 'old' } })
  t.teardown(() => board.stop())
  const lines = await startTester(board.serial(), 'memory', {
    start: onSimulation,
    config: { ack_timeout: 3 },
  })
  await answers(t, lines)
  const flash = board.flash()
  const firmware = await readFirmware()
  t.same(Buffer.from(flash.get('tester.py')!), Buffer.from(firmware.get('tester.py')!))
  t.equal(Buffer.from(flash.get('config.json')!).toString(), '{"ack_timeout":3}')
})

t.test('a port where no MicroPython answers is reported in bounded time', async t => {
  const near = new Duplex({
    read: () => undefined,
    write: (_bytes, _encoding, done) => {
      near.push('garbage \x00\xff')
      done()
    },
  })
  await t.rejects(startTester(near, '/dev/ttyACM9'), {
    code: 'TARGET_NOT_READY',
    message: /^\/dev\/ttyACM9: no MicroPython answers on this port/,
  })
})

t.test(
  'a board whose MicroPython lacks a module is reported by the name of the module',
  async t => {
    const board = await createSimulatedPico({
      program: 'repl',
      files: { 'network.py': 'raise ImportError("no module named network")' },
    })
    t.teardown(() => board.stop())
    await t.rejects(startTester(board.serial(), 'memory'), {
      code: 'TARGET_NOT_READY',
      message: /no module "network"/,
    })
  },
)

t.test('messages for ports say what to do', async t => {
  t.match(
    portProblem('/dev/ttyACM0', 'Error Resource temporarily unavailable Cannot lock port'),
    /is busy/,
  )
  t.match(portProblem('/dev/ttyACM0', 'Error: Permission denied'), /dialout/)
  await t.rejects(openSerialPico({ port: '/dev/mqttspec-no-such-port' }), TargetError)
  await t.rejects(
    openSerialPico({ port: '/dev/mqttspec-no-such-port' }),
    /does not exist|serialport/,
  )
})

const socat = spawnSync('socat', ['-V']).status === 0
const skip = socat ? false : 'needs socat (Debian package socat)'

t.test('the same over a serial port of the operating system', { skip }, async t => {
  const folder = await mkdtemp(path.join(tmpdir(), 'mqttspec-pty-'))
  t.teardown(() => rm(folder, { recursive: true }))
  const link = path.join(folder, 'port')
  const board = await createSimulatedPico({ program: 'repl' })
  t.teardown(() => board.stop())
  const bridge = await bridgeTo(link, board.serial())
  t.teardown(() => bridge.kill())
  const { SerialPort } = await import('serialport')
  const port = new SerialPort({ path: link, baudRate: 115_200 })
  t.teardown(() => port.destroy())
  const lines = await startTester(port, link, { start: onSimulation })
  await answers(t, lines)
})

async function answers(t: Test, lines: LineEndpoint): Promise<void> {
  const answer = new Promise<string>(resolve =>
    lines.onLine(line => {
      if (line.includes('"nonce"')) resolve(line)
    }),
  )
  lines.send('{"id":1,"do":"ping","nonce":"n1"}')
  t.same(JSON.parse(await answer), { id: 1, ok: { nonce: 'n1' } })
}

type Test = { same: typeof t.same }

/** A pseudo-terminal whose other end is the board's USB port. */
async function bridgeTo(link: string, usb: Duplex): Promise<ChildProcess> {
  const process = spawn('socat', ['-d', '-d', `PTY,raw,echo=0,link=${link}`, 'STDIO'])
  process.stdout.on('data', bytes => usb.write(bytes))
  usb.on('data', bytes => process.stdin.write(bytes))
  await new Promise<void>(resolve =>
    process.stderr.on('data', (text: Buffer) => {
      if (text.includes('starting data transfer loop')) resolve()
    }),
  )
  return process
}
