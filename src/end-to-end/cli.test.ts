import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { type AddressInfo, createServer } from 'node:net'
import os from 'node:os'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import t from 'tap'
import {
  type CommandOptions,
  commandLine,
  type Ended,
} from '../../fixtures/testing/command-line.ts'
import { parseReport } from '../reporters/reading/parse-report.ts'

const root = fileURLToPath(new URL('../..', import.meta.url))
const dir = mkdtempSync(path.join(os.tmpdir(), 'mqttspec-cli-test-'))
t.teardown(() => rmSync(dir, { recursive: true, force: true }))

/** The command line in this process. */
function mqttspec(args: string[], options: CommandOptions = {}): Promise<Ended> {
  return commandLine(args, options).ended
}

/** The command line as a user starts it, in a process of its own: only where the process itself is what is tested. */
function spawned(
  args: string[],
  options: { interruptAt?: RegExp; deafAt?: RegExp },
): Promise<Ended> {
  const child = spawn(process.execPath, ['--import=tsx', 'src/cli/bin.ts', ...args], {
    cwd: root,
    env: { ...process.env, NO_COLOR: '1' },
  })
  let stdout = ''
  let stderr = ''
  let interrupted = false
  child.stdout.setEncoding('utf8').on('data', text => {
    stdout += text
    if (options.deafAt?.test(stdout)) child.stdout.destroy()
    if (options.interruptAt?.test(stdout) && !interrupted) {
      interrupted = true
      child.kill('SIGINT')
    }
  })
  child.stderr.setEncoding('utf8').on('data', text => {
    stderr += text
  })
  return new Promise(resolve => child.on('close', code => resolve({ code, stdout, stderr })))
}

function file(name: string, text: string): string {
  const where = path.join(dir, name)
  writeFileSync(where, text)
  return where
}

const suite = (steps: string, more = '') => `
suite: own/test
title: A test
role: client
scenarios:
  - id: one
    title: One
    covers: { 3.1.1: [MQTT-4.3.3-2] }
    steps:
${steps}${more}
`

t.test('mistakes of a command line are exit 2 and nothing runs', async t => {
  const empty = path.join(dir, 'empty')
  mkdirSync(empty)
  const wrong: [args: string[], message: RegExp][] = [
    [['run', '--jobs', 'many'], /expected a whole number/],
    [['run', '--mqtt', '6'], /expected some of 3\.1, 3\.1\.1, 5\.0/],
    [['run', '--nonsense'], /unknown option/],
    [['run', '--reporter', 'paper'], /no reporter is called "paper"/],
    [['run', '--reporter', `json=${file('a-file', '')}/x.json`], /cannot write the report/],
    [['run', 'qos2/broker-recieves'], /did you mean "qos2\/broker-receives"/],
    [['run', 'qos22'], /nothing is called "qos22"; did you mean "qos2"\?/],
    [['run', 'none.yaml'], /there is no suite file "none\.yaml"/],
    [['check', 'none.yaml'], /there is no suite file "none\.yaml"/],
    [['check', empty], /there is no suite in the folder/],
    [['run', empty], /there is no suite in the folder/],
    [['run', '--target', 'mosqito'], /no target is called "mosqito"; did you mean "mosquitto"\?/],
    [['run', '--target', '127.0.0.1:1883'], /did you mean "mqtt:\/\/127\.0\.0\.1:1883"\?/],
    [['run', '--target', 'mqtt://me:s3/cr@t@host:x'], /got "mqtt:\/\/…@host:x"/],
    [['run', '--target', 'http://127.0.0.1'], /expected mqtt:\/\//],
    [['run', '--known-issues', path.join(dir, 'none.yaml')], /known issues: cannot read/],
    [['list', 'nothing'], /nothing to list is called "nothing"/],
    [['report', 'convert', path.join(dir, 'none.json')], /cannot read/],
    [['report', 'convert', file('bad.json', '{"schema": 99}')], /schema/],
  ]
  const all = await Promise.all(wrong.map(([args]) => mqttspec(args)))
  wrong.forEach(([args, message], i) => {
    t.equal(all[i]?.code, 2, `${args.join(' ')} is exit 2`)
    t.match(all[i]?.stderr, message)
    t.notMatch(all[i]?.stderr, /\n {4}at /, 'without a stack')
  })
})

t.test('every mistake of a suite is shown with its place, and nothing runs', async t => {
  const bad = file(
    'bad.yaml',
    suite(`      - pub.conect: {}
      - pub.send: { PUBLISH: { topic: t, qoss: 2 } }
`),
  )
  const { code, stderr } = await mqttspec(['run', bad])
  t.equal(code, 2)
  t.match(stderr, /bad\.yaml:10:\d+ UNKNOWN_VERB/)
  t.match(stderr, /did you mean "connect"/)
  t.match(stderr, /bad\.yaml:11:\d+ UNKNOWN_KEY/)
  t.match(stderr, /nothing was run/)
})

t.test('a run against the embedded broker writes every report', async t => {
  const reports = ['junit', 'tap', 'json', 'markdown', 'html'].map(name => ({
    name,
    file: path.join(dir, `report.${name}`),
  }))
  const { code, stdout } = await mqttspec([
    'run',
    'qos2/broker-receives/undisturbed',
    '--mqtt',
    '3.1.1',
    ...reports.flatMap(report => ['--reporter', `${report.name}=${report.file}`]),
  ])
  t.equal(code, 0)
  t.match(stdout, /1 passed/)
  for (const report of reports) t.ok(existsSync(report.file), report.name)
  const json = JSON.parse(readFileSync(path.join(dir, 'report.json'), 'utf8'))
  t.equal(json.exitCode, 0)
  t.equal(parseReport(JSON.stringify(json)).results[0]?.verdict, 'pass')

  const again = await mqttspec([
    'report',
    'convert',
    path.join(dir, 'report.json'),
    '--reporter',
    'tap',
  ])
  t.equal(again.code, 0, 'a JSON report converts to another form')
  t.match(again.stdout, /^TAP version 14/)
})

t.test('a run that selects nothing for its target is exit 4', async t => {
  const { code } = await mqttspec(['run', 'qos2/broker-receives/refused', '--mqtt', '5.0'])
  t.equal(code, 2, 'a word that means nothing is a mistake')
  const skipped = await mqttspec(['run', 'qos2/broker-sends/pubrec-0x10'])
  t.equal(skipped.code, 4, 'a case that the target cannot be asked is skipped')
  t.match(skipped.stdout, /does not speak MQTT 5\.0/)
})

t.test('check counts what its words mean, and reads no suites in node_modules', async t => {
  mkdirSync(path.join(dir, 'project/node_modules/other'), { recursive: true })
  file('project/node_modules/other/broken.yaml', 'not: a suite')
  file('project/own.yaml', suite('      - pub.connect: {}\n      - pub.ping: {}\n'))
  const own = await mqttspec(['check', path.join(dir, 'project')])
  t.equal(own.code, 0)
  t.match(own.stdout, /^1 suite, 1 case, no mistakes/)
  const family = await mqttspec(['check', "'retained/messages'"])
  t.match(family.stdout, /^1 suite, \d+ cases, no mistakes/)
})

t.test('a run of nothing says which wish left nothing over', async t => {
  const { code, stdout } = await mqttspec(['run', 'retained', '--tag', 'nonsense'])
  t.equal(code, 4)
  t.match(stdout, /nothing was selected: no case is tagged nonsense; there are \w[\w\s,-]+/)
})

t.test('reports say why a run never began, a mistake included', async t => {
  const report = path.join(dir, 'unreached.json')
  const args = ['--timeout-scale', '0.01', '--reporter', `json=${report}`]
  const { code, stderr } = await mqttspec([
    'run',
    '--target',
    'mqtt://me:pass@127.0.0.1:1',
    ...args,
  ])
  t.equal(code, 3)
  t.match(stderr, /TARGET_UNREACHABLE/)
  const json = JSON.parse(readFileSync(report, 'utf8'))
  t.match(json, { exitCode: 3, problem: /TARGET_UNREACHABLE/, results: [] })
  t.match(json.target.address, 'mqtt://…@127.0.0.1:1')

  const fresh = path.join(dir, 'fresh.json')
  const wrong = await mqttspec(['run', 'nonsense', ...args, '--reporter', `html=${fresh}`])
  t.equal(wrong.code, 2)
  t.match(JSON.parse(readFileSync(report, 'utf8')), {
    exitCode: 2,
    problem: /nothing is called "nonsense"/,
  })
  t.match(readFileSync(fresh, 'utf8'), /nothing is called/)
})

t.test('two reporters cannot share a file', async t => {
  const { code, stderr } = await mqttspec(['run', '--reporter', 'tap=x', '--reporter', 'json=./x'])
  t.equal(code, 2)
  t.match(stderr, /two reporters cannot write to one file/)
})

t.test('a reader that has seen enough of the terminal costs no report', async t => {
  const report = path.join(dir, 'unread.json')
  const args = ['run', 'qos2/levels', '--mqtt', '3.1.1']
  const { code } = await spawned(
    [...args, '--reporter', 'pretty', '--reporter', `json=${report}`],
    {
      deafAt: /cases/,
    },
  )
  t.equal(code, 1, 'the verdict of the whole run')
  t.equal(JSON.parse(readFileSync(report, 'utf8')).summary.fail, 3)
  const alone = await mqttspec(args, { deafAt: /cases/ })
  t.ok([1, 4].includes(alone.code ?? 0), 'without any report the run ends, and not as conformant')
})

const full = existsSync('/dev/full') ? {} : { skip: 'no /dev/full here' }
t.test('a report that could not be written is no success', full, async t => {
  const args = ['run', 'qos2/broker-receives/undisturbed', '--mqtt', '3.1.1']
  const { code, stdout, stderr } = await mqttspec([...args, '--reporter', 'json=/dev/full'])
  t.equal(code, 4)
  t.match(stdout, /✓ conformant/)
  t.match(stderr, /the report \/dev\/full is not whole: .*ENOSPC/)
})

t.test('Ctrl-C while the target is being reached ends at once, with reports', async t => {
  const report = path.join(dir, 'early.json')
  const mute = createServer(socket => {
    socket.on('error', () => undefined)
    command.interrupt()
  }).listen(0, '127.0.0.1')
  await once(mute, 'listening')
  const { port } = mute.address() as AddressInfo
  const target = `mqtt://127.0.0.1:${port}`
  const command = commandLine(['run', '--target', target, '--reporter', `json=${report}`])
  const { code, stderr } = await command.ended
  mute.close()
  t.equal(code, 4)
  t.match(stderr, /interrupted before any case began/)
  t.match(JSON.parse(readFileSync(report, 'utf8')), { exitCode: 4, problem: /interrupted/ })
})

t.test('Ctrl-C ends the run, writes the reports and leaves nothing behind', async t => {
  const slow = file(
    'slow.yaml',
    suite(`      - pub.connect: {}
      - elapse: { rule: no-resend, s: 50 }
      - pub.ping: {}
`),
  )
  const report = path.join(dir, 'interrupted.json')
  const { code } = await spawned(
    ['run', slow, '--reporter', 'pretty', '--reporter', `json=${report}`],
    {
      interruptAt: /1 case/,
    },
  )
  t.equal(code, 4)
  const json = JSON.parse(readFileSync(report, 'utf8'))
  t.match(json.problem, /interrupted/)
  t.equal(json.results[0].verdict, 'inconclusive')
})

t.test('known issues: an accepted failure is no failure, one that passes is', async t => {
  const known = (id: string) => file('known.yaml', `- case: ${id}\n  ticket: T-1\n`)
  const passes = await mqttspec([
    'run',
    'qos2/broker-receives/undisturbed',
    '--mqtt',
    '3.1.1',
    '--known-issues',
    known('qos2/broker-receives/undisturbed:3.1.1'),
  ])
  t.equal(passes.code, 1)
  t.match(passes.stdout, /T-1/)
})

t.test('parts of a run are merged, and a missing part is noticed', async t => {
  const part = (i: number) => path.join(dir, `part${i}.json`)
  const word = 'qos2/broker-receives/copies-on-one-connection'
  for (const i of [1, 2]) {
    await mqttspec([
      'run',
      word,
      '--mqtt',
      '3.1.1',
      '--shard',
      `${i}/2`,
      '--reporter',
      `json=${part(i)}`,
    ])
  }
  const merged = await mqttspec(['report', 'merge', part(1), part(2), '--reporter', 'json'])
  t.equal(parseReport(merged.stdout).results.length, 8)
  const missing = await mqttspec(['report', 'merge', part(1)])
  t.equal(missing.code, 2)
  t.match(missing.stderr, /part 2 of 2 is missing/)
})
