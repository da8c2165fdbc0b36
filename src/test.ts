import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { readdir } from 'node:fs/promises'
import os from 'node:os'
import path from 'node:path'
import { fileURLToPath } from 'node:url'

/*
 * All test files, in as many processes as there are cores: more of them starved tests that hold a budget of 100 ms. Files that wait for
 * most of their time are run by two more processes, beside those that compute. `npm test -- --write-times` writes down which these are.
 * `npm test -- wire/audit` runs only the files whose path contains one of the words; a word that is the path of a file stands for that
 * file, whatever it is called. Output of files with failures is shown whole, of the
 * others one line. A file that crashes or hangs is a failure of that file.
 */

/** A file may take so long; the longest take about a minute on a machine that does nothing else. */
const fileLimitMs = 5 * 60 * 1000
/** A process may live on for so long when all its files are over: sockets and processes that a test left would hold it. */
const lingerMs = 30_000
/** Where more files than these fail, it is no matter of chance. */
const confirmedMax = 3

/** Processes that run only files that wait for most of their time. */
const waitingSides = 2
/** A file waits for most of its time where the processor is busy with it for less than this share. */
const waitingShare = 0.35

/** What files took on a machine that did nothing else, in seconds: in all, and of the processor. Of those that take less than `notedS` nothing is noted. */
type Times = { [file: string]: { s: number; cpuS: number } }
const notedS = 1
const timesFile = new URL('test-times.json', import.meta.url)
const times = JSON.parse(readFileSync(timesFile, 'utf8')) as Times

type Counts = { pass: number; fail: number; skip: number; cpuS?: number; childrenCpuS?: number }

/** In the environment of a process and of all that it starts. */
const mark = `MQTTSPEC_TEST_${process.pid}`
let workers = 0

const endMark = '# end of file '
const nothingOpen = '\n# nothing is open\n'
const root = fileURLToPath(new URL('..', import.meta.url))
const writesTimes = process.argv.includes('--write-times')
const words = process.argv.slice(2).filter(word => word !== '--write-times')
const files = await testFiles()
if (files.length === 0) throw new Error(`no test file matches ${words.join(' ')}`)

const total: Counts = { pass: 0, fail: 0, skip: 0 }
const failures: string[] = []
/** Files that failed beside others. */
const failed: string[] = []
let isAlone = false
const taken: Times = {}
const waiting = files.filter(isWaiting)
const computing = files.filter(file => !isWaiting(file))
const sides = os.availableParallelism()
await Promise.all([
  ...Array.from({ length: sides }, () => work(() => computing.shift() ?? waiting.shift())),
  ...Array.from({ length: waitingSides }, () => work(() => waiting.shift())),
])

// As in a run of suites: what failed in company is run again alone before it is told, and said to be unstable where it passes.
isAlone = true
const unstable = [...failed]
await work(() => failed.shift())

if (writesTimes) writeTimes()

for (const file of unstable
  .map(nameOf)
  .filter(name => !failures.some(line => line.startsWith(name))))
  process.stdout.write(`# UNSTABLE: ${file} failed beside others and passed alone\n`)
for (const line of failures) process.stdout.write(`# FAILED: ${line}\n`)
process.stdout.write(`# ${total.pass} passed, ${total.fail} failed, ${total.skip} skipped\n`)
process.exitCode = total.fail > 0 ? 1 : 0

async function testFiles(): Promise<string[]> {
  const folders = ['src', 'fixtures', 'scripts'].map(folder => path.join(root, folder))
  const entries = await Promise.all(
    folders.map(folder => readdir(folder, { recursive: true, withFileTypes: true })),
  )
  // Those that take long are begun first, so that none of them is what all wait for at the end.
  const tookS = (file: string) => times[nameOf(file)]?.s ?? 0
  const named = words.map(word => path.join(root, word)).filter(isFile)
  const tests = entries
    .flat()
    .filter(entry => entry.isFile() && entry.name.endsWith('.test.ts'))
    .map(entry => path.join(entry.parentPath, entry.name))
  return [...new Set([...tests, ...named])]
    .map(file => file.replaceAll(path.sep, '/'))
    .filter(file => words.length === 0 || words.some(word => file.includes(word)))
    .sort((a, b) => tookS(b) - tookS(a) || (a < b ? -1 : 1))
}

function isFile(file: string): boolean {
  return statSync(file, { throwIfNoEntry: false })?.isFile() ?? false
}

function nameOf(file: string): string {
  return path.relative(root, file).replaceAll(path.sep, '/')
}

function isWaiting(file: string): boolean {
  const time = times[nameOf(file)]
  return time !== undefined && time.cpuS < time.s * waitingShare
}

function writeTimes(): void {
  const known = Object.keys(times).filter(name => existsSync(path.join(root, name)))
  const all = { ...Object.fromEntries(known.map(name => [name, times[name]])), ...taken }
  const noted = Object.entries(all).filter(([, time]) => time && time.s >= notedS)
  const lines = noted
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, time]) => `  "${name}": { "s": ${time?.s}, "cpuS": ${time?.cpuS} }`)
  writeFileSync(timesFile, `{\n${lines.join(',\n')}\n}\n`)
}

/** A process that runs files one after the other. */
type Worker = {
  process: ChildProcess
  /** Resolves with what ended it. */
  closed: Promise<string>
  /** Takes what it writes. */
  read: (text: string) => void
  /** What it has run. */
  files: string[]
}

function startWorker(): Worker {
  const child = fork(new URL('test-worker.ts', import.meta.url), {
    execArgv: ['--import=tsx'],
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
    cwd: root,
    env: { ...process.env, [mark]: String(++workers) },
  })
  // Not its `close`: that has been seen not to come where the channel was closed first (Node 20).
  const exit = new Promise<string>(resolve => {
    child.on('exit', (code, signal) => resolve(signal ?? `exit code ${code}`))
    child.on('error', error => resolve(error.message))
  })
  const ends = [child.stdout, child.stderr].map(stream => stream && once(stream, 'close'))
  const closed = exit.then(async why => {
    await Promise.all(ends)
    return why
  })
  const worker: Worker = { process: child, closed, read: () => {}, files: [] }
  for (const stream of [child.stdout, child.stderr]) {
    stream?.setEncoding('utf8').on('data', (text: string) => worker.read(text))
  }
  return worker
}

/** Runs files until there are none left, in one process as long as that lives. */
async function work(next: () => string | undefined): Promise<void> {
  let file = next()
  while (file !== undefined) {
    const worker = startWorker()
    let last = ''
    let lives = true
    for (; file !== undefined && lives; file = next()) {
      last = nameOf(file)
      worker.files.push(last)
      lives = await runFile(worker, file, last)
    }
    if (lives) await letGo(worker, last)
  }
}

/** Whether the process can be given another file. */
async function runFile(worker: Worker, file: string, name: string): Promise<boolean> {
  const began = performance.now()
  let output = ''
  let timer: NodeJS.Timeout | undefined
  const result = await new Promise<Counts | string>(resolve => {
    worker.read = text => {
      output += text
      const counts = countsIn(output)
      if (counts) resolve(counts)
    }
    void worker.closed.then(why => resolve(`its process ended: ${why}`))
    timer = setTimeout(() => resolve(`not over after ${fileLimitMs / 1000} s`), fileLimitMs)
    worker.process.send(file)
  })
  clearTimeout(timer)
  const crashed = typeof result === 'string'
  if (crashed) worker.process.kill('SIGKILL')
  const counts = crashed ? { pass: 0, fail: 1, skip: 0 } : result
  const isAskedAgain = counts.fail > 0 && !isAlone && failed.length < confirmedMax
  if (isAskedAgain) failed.push(file)
  else {
    total.pass += counts.pass
    total.fail += counts.fail
    total.skip += counts.skip
  }
  const tookS = (performance.now() - began) / 1000
  const { cpuS, childrenCpuS = 0 } = counts
  const children = childrenCpuS < 0.1 ? '' : ` and ${childrenCpuS.toFixed(1)} s of its processes`
  const cpu = cpuS === undefined ? '' : `, ${cpuS.toFixed(1)} s of the processor${children}`
  const says = `${name} # ${counts.pass} passed, ${counts.fail} failed, ${counts.skip} skipped, ${tookS.toFixed(1)} s${cpu}`
  taken[name] = {
    s: Number(tookS.toFixed(1)),
    cpuS: Number(((cpuS ?? 0) + childrenCpuS).toFixed(1)),
  }
  if (counts.fail === 0) process.stdout.write(`ok - ${says}\n`)
  else {
    if (!isAskedAgain) failures.push(crashed ? `${name}: ${result}` : name)
    process.stdout.write(`\n# ${name}\n${output}\nnot ok - ${says}\n`)
  }
  return !crashed
}

function countsIn(output: string): Counts | undefined {
  const at = output.lastIndexOf(`\n${endMark}`)
  if (at < 0) return undefined
  const line = output.slice(at + 1 + endMark.length).split('\n', 2)
  return line.length === 2 ? (JSON.parse(line[0] ?? '') as Counts) : undefined
}

/**
 * What a test left open would hold the process for ever: that is a failure, too. Node itself has been seen not to end although nothing was
 * open any more (version 20, after threads): that is told and no test's failure.
 */
async function letGo(worker: Worker, last: string): Promise<void> {
  let says = ''
  worker.read = text => {
    says += text
  }
  worker.process.disconnect()
  const timer = setTimeout(() => {
    const { pid, exitCode } = worker.process
    const own = exitCode === null ? 'lives' : `ended with ${exitCode}`
    if (says.includes(nothingOpen) && exitCode === null) {
      process.stdout.write(`\n# process ${pid} did not end with nothing open\n${threads(pid)}\n`)
    } else {
      total.fail += 1
      const files = worker.files.join(' ')
      process.stdout.write(
        `\n# left by one of ${files}\n# process ${pid} ${own}\n${marked()}${says}\n`,
      )
      failures.push(`something that a test left open held the process that ran ${last} last`)
    }
    worker.process.kill('SIGKILL')
  }, lingerMs)
  await worker.closed
  clearTimeout(timer)
}

/** What the workers started and that still lives, with its arguments; only Linux shows it. */
function marked(): string {
  return linuxFolder('/proc')
    .filter(name => linuxFile(`/proc/${name}/environ`).includes(`${mark}=`))
    .map(name => `#   ${name} ${linuxFile(`/proc/${name}/cmdline`)}\n`)
    .join('')
}

/** What each thread of a process waits in, and for how many ticks of the kernel it computed. */
function threads(pid: number | undefined): string {
  return linuxFolder(`/proc/${pid}/task`)
    .map(id => {
      const at = `/proc/${pid}/task/${id}`
      const facts = linuxFile(`${at}/stat`).split(' ')
      return `#   thread ${id} ${facts[1]} ${facts[2]} ${linuxFile(`${at}/wchan`)} ${facts[13]}\n`
    })
    .join('')
}

function linuxFolder(folder: string): string[] {
  try {
    return readdirSync(folder)
  } catch {
    return []
  }
}

/** Empty where there is none, or it is somebody else's. */
function linuxFile(file: string): string {
  try {
    return readFileSync(file, 'utf8').replaceAll('\0', ' ')
  } catch {
    return ''
  }
}
