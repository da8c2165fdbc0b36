import { once } from 'node:events'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import net from 'node:net'
import { tmpdir } from 'node:os'
import path from 'node:path'
import type { Duplex } from 'node:stream'
import t from 'tap'
import type { CaseResult, RunReport } from '../model/report.ts'
import { parseReport } from '../reporters/reading/parse-report.ts'
import { packageRoot } from '../run/choice/suite-files.ts'
import { run } from '../run/run.ts'
import { LineSplitter } from '../targets/client/lines.ts'
import { createSimulatedPico } from '../targets/micropython/board.ts'
import { RawRepl } from '../targets/micropython/raw-repl.ts'
import { startTester } from '../targets/micropython/serial.ts'
import { mqttspec, plugIn, socatMissing } from './serial-port.ts'

/*
 * Whole suites on a board behind a serial port: uploaded, driven and reset between cases over one line, all clients on one board. Whatever
 * that changes, the verdicts are those of the simulated boards, one for each client, that are driven without a line.
 */

/** Seconds on an idle machine; this is for one that is not. */
const limitMs = 240_000
/** As fixtures/targets/clients/pico.js configures a board, with a network. */
const config = { ssid: 'net', slots: 100, retry_ms: 200, ack_timeout: 8 }
/** A thread that runs from source takes a second of a processor to start. */
const boards = 4
const tsx = import.meta.resolve('tsx')

t.test('over a line in memory, several cases at once', async t => {
  t.setTimeout(limitMs)
  const board = await createSimulatedPico({ program: 'repl' })
  t.teardown(() => board.stop())
  await startGarbage(board.serial())
  const address = await serve(t, await startTester(board.serial(), 'memory', { config }))
  const suites = ['qos2/client-sends']
  const [report, reference] = await Promise.all([
    run({
      suites,
      mqtt: ['3.1.1'],
      jobs: 8,
      target: profile(t, `adapter: { address: ${JSON.stringify(address)} }`),
    }),
    run({ suites, mqtt: ['3.1.1'], jobs: boards, target: simulated(t) }),
  ])
  sameVerdicts(t, report, reference)
  t.equal(report.exitCode, 0)
})

t.test('a board with room for four messages is blamed for no case that has more', async t => {
  t.setTimeout(limitMs)
  const board = await createSimulatedPico({ program: 'repl' })
  t.teardown(() => board.stop())
  const narrow = { ...config, slots: 4 }
  const lines = await startTester(board.serial(), 'memory', { config: narrow })
  const address = await serve(t, lines)
  const report = await run({
    suites: ['qos2/client-sends/answered-at-once', 'client/packet-ids/burst'],
    mqtt: ['3.1.1'],
    jobs: 1,
    target: profile(t, `adapter: { address: ${JSON.stringify(address)} }`),
  })
  const told = report.results.map(({ id, verdict, reason }) => `${id} ${verdict} ${reason}`)
  const many = 'needs more messages in flight than the client takes: it is busy with 4'
  t.same(told.sort(), [
    `client/packet-ids/burst:3.1.1:qos=1 skipped ${many}`,
    `client/packet-ids/burst:3.1.1:qos=2 skipped ${many}`,
    'qos2/client-sends/answered-at-once:3.1.1 pass ',
  ])
})

const skip = socatMissing

t.test('by mqttspec run --serial, over a port of the operating system', { skip }, async t => {
  t.setTimeout(limitMs)
  const folder = t.testdir({ 'board.json': JSON.stringify({ ssid: 'net' }) })
  const port = path.join(folder, 'port')
  const file = path.join(folder, 'report.json')
  const board = await createSimulatedPico({ program: 'repl' })
  t.teardown(() => board.stop())
  await startGarbage(board.serial())
  const cable = await plugIn(port, board.serial())
  t.teardown(() => cable.kill())
  const suite = 'qos2/client-stray-acks'
  const words = ['run', suite, '--mqtt', '3.1.1', '--serial', port]
  const options = ['--board-config', path.join(folder, 'board.json'), '--reporter', `json=${file}`]
  const target = simulated(t)
  const [{ code, output }, reference] = await Promise.all([
    mqttspec([...words, ...options]),
    run({ suites: [suite], mqtt: ['3.1.1'], jobs: boards, target }),
  ])
  t.equal(code, 0, output)
  const report = parseReport(readFileSync(file, 'utf8'))
  sameVerdicts(t, report, reference)
  t.equal(report.target.fingerprint.board, 'real')
})

/** A board in use: its program prints for ever, also what begins like a line of the protocol. */
async function startGarbage(usb: Duplex): Promise<void> {
  const repl = new RawRepl(usb)
  await repl.enter()
  const garbage = '{"event":\\x04\\xff>OK'
  await repl.start(
    `import time\nwhile True:\n    print('${garbage}', end='')\n    time.sleep_ms(3)`,
    '{',
  )
  usb.resume()
}

/** The adapter's lines for whoever connects. Resolves with the address. */
async function serve(t: Tap, lines: Awaited<ReturnType<typeof startTester>>): Promise<string> {
  const server = net.createServer(socket => {
    const splitter = new LineSplitter(
      line => lines.send(line),
      () => socket.destroy(),
    )
    socket.on('data', bytes => splitter.add(bytes))
    socket.on('error', () => undefined)
    lines.onLine(line => void socket.write(`${line}\n`))
  })
  await once(server.listen(0, '127.0.0.1'), 'listening')
  t.teardown(() => server.close())
  return `tcp://127.0.0.1:${(server.address() as net.AddressInfo).port}`
}

/** The simulated boards, from source. */
function simulated(t: Tap): string {
  const adapter = path.join(packageRoot, 'fixtures/targets/clients/pico.js')
  const command = [process.execPath, `--import=${tsx}`, adapter]
  return profile(t, `adapter: { command: ${JSON.stringify(command)} }`)
}

function profile(t: Tap, adapter: string): string {
  const text = [
    'name: pico',
    'role: client',
    'versions: [3.1.1]',
    'settings: { board: real, maximumPacketSize: 8192 }',
    'timing: { replyMs: 5000, reconnectMs: 5000, quietMs: 0 }',
    adapter,
  ]
  const folder = mkdtempSync(path.join(tmpdir(), 'mqttspec-serial-'))
  t.teardown(() => rmSync(folder, { recursive: true }))
  const file = path.join(folder, 'pico.yaml')
  writeFileSync(file, text.join('\n'))
  return file
}

function sameVerdicts(t: Tap, report: RunReport, reference: RunReport): void {
  const verdicts = ({ results }: RunReport) =>
    results.map(({ id, verdict, reason }: CaseResult) => `${id}: ${verdict} ${reason ?? ''}`).sort()
  t.same(verdicts(report), verdicts(reference))
  const passed = report.results.filter(({ verdict }) => verdict === 'pass').length
  t.ok(passed > 10, `${passed} passed`)
}

type Tap = Pick<typeof t, 'same' | 'ok' | 'teardown'>
