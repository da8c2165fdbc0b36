import { Duplex } from 'node:stream'
import t from 'tap'
import type { LineEndpoint } from '../client/lines.ts'
import { TargetError } from '../target-error.ts'
import { createSimulatedPico } from './board.ts'
import { readFirmware } from './firmware.ts'
import { RawRepl, RemoteError } from './raw-repl.ts'
import { openSerialPico, portProblem, startTester } from './serial.ts'

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
  const lines = await startTester(board.serial(), 'memory', { config: { ack_timeout: 3 } })
  await answers(t, lines)
  const flash = board.flash()
  const firmware = await readFirmware()
  t.same(Buffer.from(flash.get('tester.py')!), Buffer.from(firmware.get('tester.py')!))
  t.equal(Buffer.from(flash.get('config.json')!).toString(), '{"ack_timeout":3}')
})

t.test('a tester that runs already, and reads what comes, is taken over', async t => {
  const board = await createSimulatedPico({ program: 'repl' })
  t.teardown(() => board.stop())
  await startTester(board.serial(), 'memory')
  await answers(t, await startTester(board.serial(), 'memory'))
})

t.test('what a running program takes of the call for the REPL is said again', async t => {
  const prompt = 'raw REPL; CTRL-B to exit\r\n>'
  let calls = 0
  const board = new Duplex({
    read: () => undefined,
    write: (bytes, _encoding, done) => {
      if (bytes.includes('\x01') && ++calls > 1) board.push(prompt)
      if (!printsWord(board, bytes) && bytes.includes('\x04'))
        board.push(`OK\r\nMPY: soft reboot\r\n${prompt}`)
      done()
    },
  })
  await t.resolves(new RawRepl(board).enter())
  t.equal(calls, 2)
})

/** A board whose `boot.py`, run behind a soft reboot, ends only at the third call for the REPL. */
t.test('a boot.py that does not end behind a soft reboot is interrupted', async t => {
  const prompt = 'raw REPL; CTRL-B to exit\r\n>'
  let booting = false
  let calls = 0
  const board = new Duplex({
    read: () => undefined,
    write: (bytes, _encoding, done) => {
      if (!printsWord(board, bytes) && bytes.includes('\x04')) {
        booting = true
        board.push('OK\r\nMPY: soft reboot\r\n')
      }
      if (bytes.includes('\x03') && booting) calls++
      if (bytes.includes('\x01') && (!booting || calls === 3)) board.push(prompt)
      done()
    },
  })
  await t.resolves(new RawRepl(board, 0.02).enter())
  t.equal(calls, 3)
})

t.test('late answers of a board are not taken for those of what was asked next', async t => {
  const prompt = 'raw REPL; CTRL-B to exit\r\n>'
  let booting = false
  let calls = 0
  const board = new Duplex({
    read: () => undefined,
    write: (bytes: Buffer, _encoding, done) => {
      const text = bytes.toString('latin1')
      if (printsWord(board, bytes)) return done()
      if (text === '\x05A\x01') board.push(Buffer.from([0x52, 1, 128, 0, 1]))
      else if (text === '\x04' && booting) board.push('\x0442\r\n\x04\x04>')
      else if (text === '\x04') {
        booting = true
        board.push('OK\r\nMPY: soft reboot\r\n')
      } else if (text === '\r\x01' && !booting) board.push(prompt)
      // The first of two calls is answered when the second has come.
      else if (text === '\r\x01' && ++calls === 2) board.push(prompt + prompt)
      done()
    },
  })
  const repl = new RawRepl(board, 0.02)
  await repl.enter()
  t.equal(calls, 2)
  t.equal(await repl.run('print(6 * 7)'), '42\r\n')
})

t.test('a boot.py that waits without end is interrupted on a simulated board', async t => {
  const board = await createSimulatedPico({
    program: 'repl',
    files: { 'boot.py': 'import time\nwhile True:\n    time.sleep(1)\n' },
  })
  t.teardown(() => board.stop())
  await new RawRepl(board.serial(), 0.1).enter()
  const repl = new RawRepl(board.serial())
  t.equal((await repl.run('print(6 * 7)')).trim(), '42')
})

t.test('a board whose thread crashes closes its port, and says why', async t => {
  const board = await createSimulatedPico({ program: 'repl' })
  t.teardown(() => board.stop())
  const repl = new RawRepl(board.serial())
  await repl.enter()
  await repl.run("import js\njs.Promise.reject('nobody waits for it')")
  await t.rejects(repl.enter(), { name: 'PortClosed', message: /nobody waits for it/ })
  t.equal(board.end?.why, 'crash')
})

t.test('firmware that does not run is reported by its traceback', async t => {
  const firmware = t.testdir({ 'tester.py': 'def run():\n    import hashlab\n' })
  const board = await createSimulatedPico({ program: 'repl' })
  t.teardown(() => board.stop())
  await t.rejects(startTester(board.serial(), 'memory', { firmware }), {
    code: 'TARGET_NOT_READY',
    message: /^memory: the board says: Traceback.*no module named 'hashlab'/s,
  })
})

t.test('a port that fails while it is written to is reported as closed', async t => {
  const near = new Duplex({
    read: () => undefined,
    write: (_bytes, _encoding, done) => done(new Error('EIO')),
    autoDestroy: false,
  })
  await t.rejects(startTester(near, '/dev/ttyACM9'), { message: /the port was closed/ })
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

/** Whether what came is code that prints a word: then it is printed, as in raw mode. */
function printsWord(board: Duplex, code: Buffer): boolean {
  const word = /^print\('(\w+)'\)/.exec(code.toString('latin1'))?.[1]
  if (word) board.push(`OK${word}\r\n\x04\x04>`)
  return word !== undefined
}

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
