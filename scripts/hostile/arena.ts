import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseReport } from '../../src/reporters/reading/parse-report.ts'
import { peakMegabytes } from './proc.ts'

const root = fileURLToPath(new URL('../..', import.meta.url))
const bin = path.join(root, 'dist', 'cli', 'bin.js')
const here = path.dirname(fileURLToPath(import.meta.url))

/** How often the memory of a process is looked at. The kernel keeps its peak, so nothing in between is missed but the very end. */
const lookMs = 20
/** A process this large has shown what it does; the machine has others to serve. */
const megabytesMax = 2048

export type Told = {
  code: number | string
  seconds: number
  stdout: string
  stderr: string
  /** Which run of its attack it was, from 1. */
  run: number
}

export type Start = {
  env?: { [name: string]: string | undefined }
  /** A line for the shell that runs before, such as `ulimit -n 30`. */
  shell?: string
  cwd?: string
  /** Called when it runs. */
  onStart?(child: ChildProcess): void
  /** Where its streams go; pipes that are read otherwise. */
  stdio?: 'pipe' | ['ignore', number, number]
}

/** Reports that every run is asked for, so that none of them tells what it should not. */
export const reporters = ['json', 'html', 'junit', 'markdown', 'tap'] as const

/** Where one attack takes place: a folder of its own, and all processes in it, measured. */
export class Arena {
  readonly folder: string
  /** What TMPDIR is for everything that runs here. */
  readonly temporary: string
  /** Stands in the environment of every process that an attack starts, whoever started it. */
  readonly marker: string
  peakMb: number | undefined
  /** Of the longest run of mqttspec. */
  secondsMost = 0
  private readonly seen: string[] = []
  private readonly peers: ChildProcess[] = []
  private readonly secondsMax: number
  private runs = 0

  constructor(folder: string, marker: string, secondsMax: number) {
    this.folder = folder
    this.marker = marker
    this.temporary = path.join(folder, 'tmp')
    mkdirSync(this.temporary, { recursive: true })
    this.secondsMax = secondsMax
  }

  /** A file in the folder of the attack; its full name. */
  file(name: string, text: string | Uint8Array): string {
    const file = path.join(this.folder, name)
    mkdirSync(path.dirname(file), { recursive: true })
    writeFileSync(file, text)
    return file
  }

  /** Runs `mqttspec` with every reporter, to its end or that of the time. */
  run(words: readonly string[], start: Start = {}): Promise<Told> {
    return this.reporting('run', words, start)
  }

  listen(words: readonly string[], start: Start = {}): Promise<Told> {
    return this.reporting('listen', words, start)
  }

  mqttspec(words: readonly string[], start: Start = {}): Promise<Told> {
    return this.measured([process.execPath, bin, ...words], start)
  }

  /** A script of ours beside this one, measured as mqttspec is. */
  script(name: string, words: readonly string[]): Promise<Told> {
    return this.measured([process.execPath, path.join(here, name), ...words], {})
  }

  /** What the report of the last run holds; undefined where there is none that can be read. */
  report(): { [name: string]: unknown } | undefined {
    const file = path.join(this.folder, `report-${this.runs}.json`)
    if (!existsSync(file)) return undefined
    try {
      return parseReport(readFileSync(file, 'utf8'))
    } catch {
      return undefined
    }
  }

  reportFile(name: (typeof reporters)[number], run = this.runs): string {
    return path.join(this.folder, `report-${run}.${name}`)
  }

  /** Complaints about reports of a run, the last unless it is said, that are missing or empty. */
  missingReports(run = this.runs): string[] {
    const missing = reporters.filter(name => {
      const file = this.reportFile(name, run)
      return !existsSync(file) || readFileSync(file).length === 0
    })
    return missing.length === 0 ? [] : [`no report, or an empty one: ${missing.join(', ')}`]
  }

  /** Starts a peer of ours, a script beside this one, and gives the first line that it says. */
  async peer(script: string, ...words: string[]): Promise<string> {
    const child = spawn(process.execPath, ['--import=tsx', path.join(here, script), ...words], {
      cwd: root,
      env: { ...process.env },
      stdio: ['pipe', 'pipe', 'inherit'],
    })
    this.peers.push(child)
    child.stdout!.setEncoding('utf8')
    let text = ''
    for await (const chunk of child.stdout!) {
      text += chunk
      if (text.includes('\n')) break
    }
    return text.split('\n')[0]!
  }

  /** All that was written on streams and in reports. */
  everythingSaid(): string {
    const files = existsSync(this.folder)
      ? readdirSync(this.folder).filter(name => name.startsWith('report-'))
      : []
    const reports = files.map(name => readFileSync(path.join(this.folder, name), 'latin1'))
    return [...this.seen, ...reports].join('\n')
  }

  /** What lies in the folder for temporary files. */
  left(): string[] {
    return existsSync(this.temporary) ? readdirSync(this.temporary) : []
  }

  async close(): Promise<void> {
    for (const peer of this.peers) {
      if (peer.exitCode !== null || peer.signalCode !== null) continue
      peer.kill('SIGKILL')
      await once(peer, 'exit')
    }
  }

  private async reporting(command: string, words: readonly string[], start: Start): Promise<Told> {
    const run = ++this.runs
    const own = reporters.flatMap(name => ['--reporter', `${name}=${this.reportFile(name, run)}`])
    return { ...(await this.mqttspec([command, ...words, ...own], start)), run }
  }

  private measured(command: readonly string[], start: Start): Promise<Told> {
    const [program = '', ...words] = start.shell
      ? ['bash', '-c', `${start.shell}; exec "$@"`, 'bash', ...command]
      : command
    const env: NodeJS.ProcessEnv = {
      ...process.env,
      TMPDIR: this.temporary,
      MQTTSPEC_HOSTILE: this.marker,
      ...start.env,
    }
    const began = performance.now()
    const child = spawn(program, words, {
      cwd: start.cwd ?? this.folder,
      env,
      stdio: start.stdio ?? ['ignore', 'pipe', 'pipe'],
    })
    const said = { stdout: '', stderr: '' }
    for (const name of ['stdout', 'stderr'] as const) {
      child[name]?.setEncoding('utf8')
      child[name]?.on('data', (text: string) => {
        if (said[name].length < 64 * 1024 * 1024) said[name] += text
      })
    }
    let stopped: string | undefined
    const look = setInterval(() => {
      const now = peakMegabytes(child.pid ?? 0)
      if (now !== undefined) this.peakMb = Math.max(this.peakMb ?? 0, now)
      if (performance.now() - began > this.secondsMax * 1000) stopped ??= 'no end'
      if ((now ?? 0) > megabytesMax) stopped ??= 'too large'
      if (stopped) child.kill('SIGKILL')
    }, lookMs)
    return new Promise((resolve, reject) => {
      child.once('error', reject)
      child.once('spawn', () => start.onStart?.(child))
      child.once('exit', () => {
        // A descendant that lives on may hold the pipes open.
        setTimeout(() => {
          child.stdout?.destroy()
          child.stderr?.destroy()
        }, 500).unref()
      })
      child.once('close', (code, signal) => {
        clearInterval(look)
        this.seen.push(said.stdout, said.stderr)
        const seconds = (performance.now() - began) / 1000
        this.secondsMost = Math.max(this.secondsMost, seconds)
        resolve({ code: stopped ?? code ?? signal ?? '?', seconds, run: this.runs, ...said })
      })
    })
  }
}
