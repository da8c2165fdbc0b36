import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import type { Readable, Writable } from 'node:stream'
import { hideAllSecrets, noteSecretsOf } from '../../model/secrets.ts'
import { adviceFor } from '../../model/text/system-error.ts'
import { guardProcess, killMarked, newMarker, processEnded, startGuard } from '../guard/guard.ts'
import { TargetError } from '../target-error.ts'
import { Tail } from './tail.ts'

/*
 * Every process that mqttspec starts is started here, in a process group of its own, and ends with us: by `stop`, when our
 * process exits, when a signal ends us, and by its guard when nobody had time to ask, as at SIGKILL. What a process leaves behind in its
 * group ends with it; so does, on Linux, what has left the group.
 */

export type SpawnOptions = {
  cwd?: string
  /** Added to our own environment. */
  env?: { [name: string]: string }
  /** Whether `stdin` is a pipe; otherwise it is empty. */
  input?: boolean
  /** One of hundreds that end by themselves: what they leave outside of their group is looked for only when we end. */
  isBrief?: boolean
}

/** How a process ended. */
export type ProcessEnding = { code: number | null; signal: NodeJS.Signals | null }

export type OwnedProcess = {
  readonly pid: number
  readonly command: readonly string[]
  /** Writing to a process that has ended is no error: its ending is told by `ended`. */
  readonly stdin: Writable | undefined
  readonly stdout: Readable
  readonly stderr: Readable
  /** Settles when the process and its whole group ended and all output was read. Never rejects. */
  readonly ended: Promise<ProcessEnding>
  /** Undefined while it runs. */
  ending(): ProcessEnding | undefined
  /** The last few thousand characters it wrote to stdout and stderr. */
  tail(): string
  /** Signals the whole group. */
  signal(how: 'term' | 'kill'): void
  /** TERM, then KILL where it still runs after `graceMs`. */
  stop(graceMs?: number): Promise<ProcessEnding>
}

const stopGraceMs = 2000
/** How long output may still come in after the process ended. */
const lateOutputMs = 1000

/** The processes that run now. */
const owned = new Set<OwnedProcess>()

/** Starts a process that we own. Rejects with TargetError where the program is missing or cannot be started. */
export async function spawnOwned(
  command: readonly string[],
  options: SpawnOptions = {},
): Promise<OwnedProcess> {
  const [program, ...args] = command
  noteSecretsOf(command, options.env)
  if (program === undefined) throw new TargetError('PROCESS_NOT_STARTED', 'the command is empty')
  try {
    const marker = newMarker()
    const child = launch(program, args, { ...options, env: { ...options.env, ...marker } })
    await started(child)
    return own(child, command, options.isBrief ? undefined : marker)
  } catch (error) {
    throw notStarted(command, error)
  }
}

/** Kills all that runs, at once. */
export function killAll(): void {
  for (const running of owned) running.signal('kill')
}

/** How many processes of ours run. For tests and reports. */
export function runningCount(): number {
  return owned.size
}

/** `ended with exit code 1`, `was killed by SIGSEGV`. */
export function endingText({ code, signal }: ProcessEnding): string {
  return signal ? `was ended by ${signal}` : `ended with exit code ${code}`
}

function launch(program: string, args: string[], options: SpawnOptions): ChildProcess {
  endWithUs()
  startGuard()
  return spawn(program, args, {
    cwd: options.cwd,
    env: { ...process.env, ...options.env },
    stdio: [options.input ? 'pipe' : 'ignore', 'pipe', 'pipe'],
    // A group of its own, so that what it starts can be ended with it; Windows has no groups and taskkill follows the tree.
    detached: !isWindows,
    windowsHide: true,
  })
}

const isWindows = process.platform === 'win32'

function started(child: ChildProcess): Promise<void> {
  return new Promise((resolve, reject) => {
    child.once('error', reject)
    child.once('spawn', () => resolve())
  })
}

function notStarted(command: readonly string[], error: unknown): TargetError {
  const code = error instanceof Error && 'code' in error ? error.code : undefined
  if (code === 'ENOENT') {
    return new TargetError(
      'PROGRAM_MISSING',
      `expected to start \`${hideAllSecrets(command.join(' '))}\`; there is no program called ${command[0]} (or its working directory is missing); install it, or mend the command in the profile`,
      error,
    )
  }
  return new TargetError(
    'PROCESS_NOT_STARTED',
    `expected to start \`${hideAllSecrets(command.join(' '))}\`; ${adviceFor(error)}`,
    error,
  )
}

function own(
  child: ChildProcess,
  command: readonly string[],
  marker: { [name: string]: string } | undefined,
): OwnedProcess {
  const pid = child.pid!
  guardProcess(pid)
  const tail = new Tail()
  for (const stream of [child.stdout!, child.stderr!]) {
    stream.setEncoding('utf8')
    stream.on('data', (text: string) => tail.add(text))
    stream.on('error', () => undefined)
  }
  // A process that ends while we write to it would otherwise throw EPIPE in our face.
  child.stdin?.on('error', () => undefined)
  child.on('error', () => undefined)

  let ending: ProcessEnding | undefined
  let lateOutput: NodeJS.Timeout | undefined
  const ended = new Promise<ProcessEnding>(resolve => {
    child.once('exit', (code, signal) => {
      ending = { code, signal }
      killGroup(pid)
      owned.delete(self)
      processEnded(pid)
      if (marker) killMarked(marker)
      // A descendant that left the group may hold the pipes open for ever; what it says is not ours to wait for.
      lateOutput = setTimeout(() => closeOutput(child), lateOutputMs)
    })
    child.once('close', (code, signal) => {
      clearTimeout(lateOutput)
      resolve({ code, signal })
    })
  })
  const self: OwnedProcess = {
    pid,
    command,
    stdin: child.stdin ?? undefined,
    stdout: child.stdout!,
    stderr: child.stderr!,
    ended,
    ending: () => ending,
    tail: () => hideAllSecrets(tail.get()),
    signal: how => {
      if (ending) return
      if (how === 'kill') killGroup(pid)
      else termGroup(pid)
    },
    stop: async (graceMs = stopGraceMs) => {
      self.signal('term')
      const timer = setTimeout(() => self.signal('kill'), graceMs)
      const how = await ended
      clearTimeout(timer)
      return how
    },
  }
  owned.add(self)
  return self
}

function closeOutput(child: ChildProcess): void {
  child.stdout?.destroy()
  child.stderr?.destroy()
}

function killGroup(pid: number): void {
  if (isWindows) spawnSync('taskkill', ['/pid', String(pid), '/T', '/F'], { stdio: 'ignore' })
  else signalGroup(pid, 'SIGKILL')
}

function termGroup(pid: number): void {
  // Windows has no TERM: taskkill without /F asks windows to close, which console programs do not hear.
  if (isWindows) killGroup(pid)
  else signalGroup(pid, 'SIGTERM')
}

function signalGroup(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(-pid, signal)
  } catch {
    // ESRCH: the whole group has ended already.
  }
}

let endsWithUs = false

/**
 * Our own end is theirs. A signal that nobody else handles ends us as it would have without us; where somebody does, as the
 * command line does to finish its reports, the decision is theirs and our `exit` follows.
 */
function endWithUs(): void {
  if (endsWithUs) return
  endsWithUs = true
  process.once('exit', killAll)
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    const listener = () => {
      if (process.listenerCount(signal) > 1 + signalExitListeners()) return
      killAll()
      process.removeListener(signal, listener)
      process.kill(process.pid, signal)
    }
    process.on(signal, listener)
  }
}

/**
 * Listeners of the signal-exit package (test runners bring it): they decide nothing and leave as soon as they are alone, so two
 * such parties, each waiting for the other to decide, would make Ctrl-C do nothing. It publishes its count for this purpose.
 */
function signalExitListeners(): number {
  const emitter: unknown = Reflect.get(globalThis, Symbol.for('signal-exit emitter'))
  const count = emitter instanceof Object && 'count' in emitter ? emitter.count : 0
  return typeof count === 'number' ? count : 0
}
