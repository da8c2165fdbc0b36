// `npm run bench`: what judging costs, as ratios against a peer in the same run. Needs `npm run build` and, for figures that
// compare, mosquitto; without it the embedded broker serves.
import { spawn, spawnSync } from 'node:child_process'
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import net from 'node:net'
import os from 'node:os'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { run } from '../dist/index.js'

const root = fileURLToPath(new URL('..', import.meta.url))
const cli = path.join(root, 'dist', 'cli', 'bin.js')
const dir = mkdtempSync(path.join(os.tmpdir(), 'mqttspec-bench-'))
const quick = process.argv.includes('--quick')
const rows = []
const row = (what, figure, aim = '') => {
  rows.push([what, figure, aim])
  if (process.stderr.isTTY || quick) process.stderr.write(`${what}: ${figure}\n`)
}

const mosquitto = spawnSync('mosquitto', ['-h']).error === undefined
const broker = await startBroker()
try {
  startUp()
  await costOfJudging()
  await costOfJudgingClients()
  await casesPerSecond()
  await wholeSuite()
  await exploring()
  if (!quick) memory()
} finally {
  broker.child.kill('SIGKILL')
  rmSync(dir, { recursive: true, force: true })
}
const widths = [0, 1, 2].map(i => Math.max(...rows.map(cells => cells[i].length)))
for (const cells of rows)
  process.stdout.write(`${cells.map((cell, i) => cell.padEnd(widths[i])).join('  ')}\n`)

async function startBroker() {
  const port = await new Promise(resolve => {
    const server = net.createServer().listen(0, '127.0.0.1', () => {
      const { port } = server.address()
      server.close(() => resolve(port))
    })
  })
  const config = path.join(dir, 'mosquitto.conf')
  writeFileSync(
    config,
    `listener ${port} 127.0.0.1\nallow_anonymous true\nset_tcp_nodelay true\nmax_queued_messages 100000\n`,
  )
  const child = mosquitto
    ? spawn('mosquitto', ['-c', config], { stdio: 'ignore' })
    : spawn(
        process.execPath,
        [path.join(root, 'fixtures/targets/brokers/aedes.js'), String(port)],
        {
          stdio: 'ignore',
        },
      )
  for (let i = 0; i < 200; i++) {
    const open = await new Promise(resolve => {
      const socket = net.connect(port, '127.0.0.1', () => resolve(true))
      socket.on('error', () => resolve(false))
      socket.on('connect', () => socket.destroy())
    })
    if (open) return { child, port }
    await new Promise(resolve => setTimeout(resolve, 25))
  }
  throw new Error('the broker did not start')
}

/** Schedules a second of a search with one process and with two, and with deeper ones. */
async function exploring() {
  const report = path.join(dir, 'explore.json')
  const rate = (workers, depth) => {
    const words = ['explore', 'qos2-publish', '--target', `mqtt://127.0.0.1:${broker.port}`]
    const more = [
      '--budget',
      '15s',
      '--seed',
      '1',
      '--workers',
      String(workers),
      '--depth',
      String(depth),
    ]
    spawnSync(process.execPath, [
      cli,
      ...words,
      ...more,
      '--trace',
      'all',
      '--reporter',
      `json=${report}`,
    ])
    const { explored, durationMs } = JSON.parse(readFileSync(report, 'utf8'))
    return Math.round((explored.schedules * 1000) / durationMs)
  }
  row('explore: schedules a second, 1 worker, single faults', String(rate(1, 1)))
  row('explore: the same with pairs', String(rate(1, 2)))
  row('explore: the same with chance', String(rate(1, 3)))
  row('explore: 2 workers, with chance', String(rate(2, 3)), 'aim 1000')
}

/** (c) `--version` against bare Node: medians of paired runs. */
function startUp() {
  const time = args => {
    const began = performance.now()
    spawnSync(process.execPath, args)
    return performance.now() - began
  }
  const pairs = Array.from({ length: 11 }, () => [time([cli, '--version']), time(['-e', '0'])])
  const ratio = median(pairs.map(([ours, bare]) => ours / bare))
  row('start-up: --version against bare node', `${ratio.toFixed(2)} x`, 'aim 2.5 x')
}

/** (a) The QoS 2 suites against the same exchanges with bare sockets and nothing judged. */
async function costOfJudging() {
  const report = path.join(dir, 'report.json')
  const target = `mqtt://127.0.0.1:${broker.port}`
  spawnSync(
    process.execPath,
    [
      cli,
      'run',
      'qos2',
      '--target',
      target,
      '--mqtt',
      '3.1.1',
      '--trace',
      'all',
      '--reporter',
      `json=${report}`,
    ],
    { stdio: 'ignore' },
  )
  if (!existsSync(report)) throw new Error('mqttspec run wrote no report')
  const pairs = []
  let first
  for (let i = 0; i < (quick ? 1 : 5); i++) {
    const bare = spawnSync(process.execPath, [
      path.join(root, 'bench/replay.js'),
      report,
      String(broker.port),
      '16',
      '1',
    ])
    const floor = JSON.parse(bare.stdout.toString())
    // Cases that failed or waited have no counterpart. The replay has played all of them once before it measures, to leave out those
    // that wait in vain: so have we, and what a process does for the first time is a figure of its own.
    first ??= await timed({ suites: floor.ids, target, jobs: 16 })
    const judged = await timed({ suites: floor.ids, target, jobs: 16 })
    pairs.push([
      judged.quickMs / judged.quickCases,
      floor.ms / floor.cases,
      judged.cpuMs / judged.quickCases,
      floor.cpuMs / floor.cases,
    ])
  }
  row(
    'QoS 2 suites: wall per case, judged / bare sockets',
    `${median(pairs.map(p => p[0])).toFixed(2)} ms / ${median(pairs.map(p => p[1])).toFixed(2)} ms = ${median(pairs.map(p => p[0] / p[1])).toFixed(2)} x`,
    'aim 1.5 x',
  )
  row(
    'QoS 2 suites: CPU of ours per case, judged / bare',
    `${median(pairs.map(p => p[2])).toFixed(2)} ms / ${median(pairs.map(p => p[3])).toFixed(2)} ms`,
  )
  row(
    'QoS 2 suites: the first run in a process',
    `${(first.quickMs / first.quickCases).toFixed(2)} ms, ${(first.cpuMs / first.quickCases).toFixed(2)} ms of CPU a case`,
  )
}

/** (f) MQTT.js against a fake broker that judges, and the same exchanges with a bare one. */
async function costOfJudgingClients() {
  const report = path.join(dir, 'client-report.json')
  const suites = ['qos2/client-sends', 'qos2/client-receives']
  const more = [
    '--target',
    'mqttjs',
    '--mqtt',
    '3.1.1',
    '--trace',
    'all',
    '--reporter',
    `json=${report}`,
  ]
  spawnSync(process.execPath, [cli, 'run', ...suites, ...more], { stdio: 'ignore' })
  if (!existsSync(report)) throw new Error('mqttspec run wrote no report')
  const files = ['bench/replay-client.js', 'fixtures/targets/clients/mqttjs.js']
  const [replay, adapter] = files.map(file => path.join(root, file))
  const pairs = []
  for (let i = 0; i < (quick ? 1 : 5); i++) {
    const floor = JSON.parse(
      spawnSync(process.execPath, [replay, report, adapter, '16']).stdout.toString(),
    )
    const judged = await timed({ suites: floor.ids, target: 'mqttjs', jobs: 16 })
    const count = floor.ids.length
    pairs.push([
      judged.quickMs / judged.quickCases,
      floor.ms / count,
      judged.cpuMs / judged.quickCases,
      floor.cpuMs / count,
    ])
  }
  row(
    'client suites against MQTT.js: wall per case, judged / bare fake broker',
    `${median(pairs.map(p => p[0])).toFixed(2)} ms / ${median(pairs.map(p => p[1])).toFixed(2)} ms = ${median(pairs.map(p => p[0] / p[1])).toFixed(2)} x`,
    'aim 1.5 x',
  )
  row(
    'client suites against MQTT.js: CPU of ours per case, judged / bare',
    `${median(pairs.map(p => p[2])).toFixed(2)} ms / ${median(pairs.map(p => p[3])).toFixed(2)} ms`,
  )
}

/** (b) Cases per second side by side: all of the broker suite that passes without waiting for a rule about time. */
async function casesPerSecond() {
  const target = `mqtt://127.0.0.1:${broker.port}`
  // What fails may wait in vain for an answer, which says nothing about us.
  const all = await run({ suites: ['suites/broker'], target, jobs: 64 })
  const passing = all.results.filter(({ verdict, sleptMs }) => verdict === 'pass' && sleptMs === 0)
  const suites = passing.map(({ id }) => id)
  for (const jobs of [1, 8, 32, 64]) {
    const { quickCases, quickMs } = await timed({ suites, target, jobs })
    row(
      `cases per second at --jobs ${jobs}`,
      `${Math.round((quickCases / quickMs) * 1000)}`,
      jobs === 32 ? 'aim 500' : '',
    )
  }
}

/** (e) The whole broker suite against the longest wait that a rule about time demands in it. */
async function wholeSuite() {
  const began = performance.now()
  const report = await run({
    suites: ['suites/broker'],
    target: mosquitto ? 'mosquitto' : 'aedes',
    jobs: 32,
  })
  const longest = Math.max(...report.results.map(result => result.sleptMs)) / 1000
  row(
    `whole broker suite (${report.results.length} cases)`,
    `${((performance.now() - began) / 1000).toFixed(1)} s; longest mandated wait ${longest.toFixed(1)} s`,
    'aim +1 s',
  )
}

/** (d) Memory over 100,000 messages in one case, in a process of its own. */
function memory() {
  const child = spawnSync(process.execPath, [
    path.join(root, 'bench/memory.js'),
    String(broker.port),
  ])
  const { verdict, seconds, firstHalfMb, secondHalfMb } = JSON.parse(child.stdout.toString())
  row(
    '100,000 QoS 2 messages in one case',
    `${verdict} in ${seconds.toFixed(0)} s; at most ${firstHalfMb.toFixed(0)} MB in the first half, ${secondHalfMb.toFixed(0)} MB in the second`,
    'flat',
  )
}

/** A run in this process; only the cases that passed without a mandated wait count. */
async function timed(options) {
  let began = 0
  let ended = 0
  const cpu = () => {
    const { user, system } = process.cpuUsage()
    return (user + system) / 1000
  }
  let cpuBegan = 0
  const quick = []
  const report = await run({
    ...options,
    suites: options.suites,
    tags: undefined,
    onBegin: () => {
      began = performance.now()
      cpuBegan = cpu()
    },
    onCaseDone: result => {
      if (result.verdict === 'pass' && result.sleptMs === 0) {
        quick.push(result)
        ended = performance.now()
      }
    },
  })
  if (quick.length === 0) throw new Error(`no case passed: ${report.exitCode}`)
  return { quickCases: quick.length, quickMs: ended - began, cpuMs: cpu() - cpuBegan }
}

function median(values) {
  const sorted = [...values].sort((a, b) => a - b)
  return sorted[Math.floor(sorted.length / 2)]
}
