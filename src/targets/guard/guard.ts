import { type ChildProcess, spawn } from 'node:child_process'
import { readdirSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { owner } from './owner.ts'

/*
 * Our side of guard-process.js, the process that outlives us for the moment it takes to end what we started. It is started with the first
 * process or folder of ours. Where it cannot be started, we do without: all orderly ends clean up by themselves.
 */

const markerName = 'MQTTSPEC_OWNER'
let marked = 0

/**
 * Something for the environment of a process that we start, which passes it on to whatever that starts in turn: by it they are found,
 * wherever they went.
 */
export function newMarker(): { [name: string]: string } {
  return { [markerName]: `${owner}-${++marked}` }
}

let guard: ChildProcess | undefined
let isTried = false

export function guardProcess(pid: number): void {
  tell(`process ${pid}`)
}

export function processEnded(pid: number): void {
  tell(`ended ${pid}`)
}

export function guardFolder(folder: string): void {
  tell(`folder ${folder}`)
}

export function folderRemoved(folder: string): void {
  tell(`removed ${folder}`)
}

/** Starts the guard, so that a process that is started next is watched from its first moment. */
export function startGuard(): void {
  if (isTried) return
  isTried = true
  try {
    guard = launch()
  } catch {
    guard = undefined
  }
}

function launch(): ChildProcess {
  // Where another of us started us, as a worker, its guard ends what bears its marker: ours must live to end what we started.
  const { NODE_OPTIONS: _ours, [markerName]: _outer, ...env } = process.env
  const child = spawn(process.execPath, [program, `${markerName}=${owner}-`], {
    env,
    stdio: ['pipe', 'ignore', 'ignore'],
    // Of its own group and session: what ends ours must not end it.
    detached: true,
    windowsHide: true,
    cwd: folderOfProgram,
  })
  child.on('error', () => {
    guard = undefined
  })
  child.stdin?.on('error', () => {
    guard = undefined
  })
  // Nobody waits for it: it ends behind us.
  child.unref()
  const pipe = child.stdin as (typeof child.stdin & { unref?(): void }) | null
  pipe?.unref?.()
  return child
}

const program = fileURLToPath(new URL('guard-process.js', import.meta.url))
const folderOfProgram = fileURLToPath(new URL('.', import.meta.url))

function tell(line: string): void {
  startGuard()
  guard?.stdin?.write(`${line}\n`)
}

/** Kills what bears a marker, also where it has left the group in which we started it. Only Linux tells of the environment of others. */
export function killMarked(marker: { [name: string]: string }): void {
  if (process.platform !== 'linux') return
  const text = `${markerName}=${marker[markerName]}\0`
  for (const name of processNumbers()) {
    const pid = Number(name)
    if (pid === process.pid || !environmentOf(name).includes(text)) continue
    try {
      process.kill(pid, 'SIGKILL')
    } catch {
      // It has ended meanwhile.
    }
  }
}

function processNumbers(): string[] {
  try {
    return readdirSync('/proc').filter(name => /^\d+$/.test(name))
  } catch {
    return []
  }
}

function environmentOf(pid: string): string {
  try {
    return readFileSync(`/proc/${pid}/environ`, 'latin1')
  } catch {
    return ''
  }
}
