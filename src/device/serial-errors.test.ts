import path from 'node:path'
import { Duplex } from 'node:stream'
import t from 'tap'
import { packageRoot } from '../run/choice/suite-files.ts'
import { createSimulatedPico } from '../targets/micropython/board.ts'
import { mqttspec, plugIn, socatMissing } from './serial-port.ts'

/*
 * What goes wrong around a board, as the one who typed the command line sees it: exit code 3, in bounded time, and a message that names
 * the port, says what came and what to do.
 */

/** For a whole run that comes to nothing, program start and all; this is for a busy machine. */
const boundMs = 60_000
const skip = socatMissing

/** Runs a suite on `port`; the message, once the exit code and the time are as they must be. */
async function refused(t: Tap, port: string): Promise<string> {
  const output = await exit3(t, ['--serial', port])
  t.match(output, port)
  t.notMatch(output, /by hand/, 'no advice but what the cause asks for')
  return output
}

async function exit3(t: Tap, words: string[]): Promise<string> {
  const beganMs = performance.now()
  const { code, output } = await mqttspec(['run', 'client/connack', ...words])
  t.equal(code, 3, output)
  t.ok(performance.now() - beganMs < boundMs)
  return output
}

t.test('a port that does not exist', async t => {
  t.match(await refused(t, '/dev/mqttspec-no-such-port'), /does not exist|npm install serialport/)
})

t.test('a port that another program has open', { skip }, async t => {
  const port = path.join(t.testdir(), 'port')
  await behind(t, port, new Duplex({ read() {}, write: (_bytes, _encoding, done) => done() }))
  const { SerialPort } = await import('serialport')
  const other = new SerialPort({ path: port, baudRate: 115_200 })
  t.teardown(() => other.destroy())
  await new Promise<void>(resolve => other.on('open', () => resolve()))
  t.match(await refused(t, port), /is busy: close the program that uses it/)
})

t.test('a device that is no MicroPython and prints garbage without end', { skip }, async t => {
  const port = path.join(t.testdir(), 'port')
  const garbage = Buffer.from('raw REPL\x00\xff\x04>OK{"event":"ready"}\r\n', 'latin1')
  const device = new Duplex({ read() {}, write: (_bytes, _encoding, done) => done() })
  const timer = setInterval(() => device.push(garbage), 5)
  t.teardown(() => clearInterval(timer))
  await behind(t, port, device)
  t.match(await refused(t, port), /no MicroPython answers on this port: .*what came ends with/)
})

t.test('a port that goes away, as that of a board that resets does', { skip }, async t => {
  const port = path.join(t.testdir(), 'port')
  const onFirstByte = new Duplex({
    read() {},
    write: (_bytes, _encoding, done) => {
      cable.kill()
      done()
    },
  })
  const cable = await behind(t, port, onFirstByte)
  t.match(await refused(t, port), /the port was closed .*does the board reset by itself/)
})

t.test('a board whose MicroPython lacks a module', { skip }, async t => {
  for (const name of ['machine', 'socket']) {
    const port = path.join(t.testdir(), 'port')
    const board = await createSimulatedPico({
      program: 'repl',
      files: { [`${name}.py`]: `raise ImportError("no module named '${name}'")` },
    })
    await behind(t, port, board.serial())
    t.match(await refused(t, port), `no module "${name}"; put the firmware for a board with Wi-Fi`)
    await board.stop()
  }
})

/** Firmware on simulated boards that does not come to hello: what it does, one file of it, and what the message says. */
const unfit = [
  {
    what: 'resets in a loop',
    file: 'boot.py',
    content: 'import machine\nmachine.reset()\n',
    message: /the board reset 6 times in a row, .* at last by machine\.reset\(\)/,
  },
  {
    what: 'needs a module that MicroPython has not',
    file: 'tester.py',
    content: 'import hashlab\n',
    message: /ImportError: no module named 'hashlab'/,
  },
  {
    what: 'prints garbage and nothing else',
    file: 'tester.py',
    content: 'def loop():\n    while True:\n        print("\\x00\\x04>OK{")\n        yield\n',
    message: /no answer to hello in 8000 ms; what it wrote are no JSON lines[\s\S]*\\x00\\x04>OK\{/,
  },
]

for (const { what, file, content, message } of unfit) {
  t.test(`firmware on a simulated board that ${what}`, async t => {
    const adapter = path.join(packageRoot, 'fixtures/targets/clients/pico.js')
    const folder = t.testdir({
      file: content,
      'pico.yaml': [
        'name: pico',
        'role: client',
        'versions: [3.1.1]',
        'timing: { startMs: 8000 }',
        `adapter: { command: [node, ${JSON.stringify(adapter)}, --put, ${file}=$here/file] }`,
      ].join('\n'),
    })
    t.match(await exit3(t, ['--target', path.join(folder, 'pico.yaml')]), message)
  })
}

async function behind(t: Tap, port: string, device: Duplex) {
  const cable = await plugIn(port, device)
  t.teardown(() => cable.kill())
  return cable
}

type Tap = Pick<typeof t, 'equal' | 'ok' | 'match' | 'notMatch' | 'teardown' | 'testdir'>
