import { type ChildProcess, execFileSync } from 'node:child_process'
import { closeSync, constants, openSync } from 'node:fs'
import path from 'node:path'
import type { Arena } from '../arena.ts'
import type { Attack, Played } from '../attack.ts'
import { processesWith } from '../proc.ts'

/*
 * Signals at any moment. What is said after one was proven before it; nothing is left behind, also where nobody could clean up.
 */

type Report = { exitCode: number; results: { id: string; verdict: string; findings: unknown[] }[] }

/** Moments over so many ms, spread evenly with a part of chance that is the same each time. */
function moments(count: number, fromMs: number, toMs: number): number[] {
  let seed = 4711
  return Array.from({ length: count }, (_, i) => {
    seed = (seed * 48_271) % 2_147_483_647
    return fromMs + ((i + seed / 2_147_483_647) / count) * (toMs - fromMs)
  })
}

function failedIn(report: Report | undefined): Set<string> {
  const failed = (report?.results ?? []).filter(({ verdict }) => /fail|warn|error/.test(verdict))
  return new Set(failed.map(({ id }) => id))
}

/** How long Node itself may take until it runs anything, as long as the machine is as busy as now. */
function bootTime(): number {
  const began = performance.now()
  execFileSync(process.execPath, ['-e', ''])
  return 3 * (performance.now() - began)
}

/** Interrupts the same run at many moments: it must never tell of a failure that the whole run does not have. */
async function inventsNothing(
  arena: Arena,
  words: readonly string[],
  count: number,
): Promise<Played> {
  const whole = await arena.run(words)
  const known = failedIn(arena.report() as Report | undefined)
  const complaints: string[] = []
  const bootMs = bootTime()
  for (const ms of moments(count, 0, whole.seconds * 1000)) {
    const told = await arena.run(words, {
      onStart: child => setTimeout(() => child.kill('SIGINT'), ms),
    })
    const invented = [...failedIn(arena.report() as Report | undefined)].filter(
      id => !known.has(id),
    )
    const at = `INT at ${Math.round(ms)} ms: `
    // Before Node runs the first line of ours the signal is the system's affair, and nothing was said.
    if (told.code === 'SIGINT' && ms < bootMs && told.stdout + told.stderr === '') continue
    if (invented.length > 0) complaints.push(`${at}${invented[0]} failed`)
    if (![4, whole.code].includes(told.code)) complaints.push(`${at}exit ${told.code}`)
    complaints.push(...arena.missingReports().map(what => at + what))
  }
  return { exitCode: whole.code, complaints }
}

/** SIGKILL at many moments: what ran for us ends with us, and the next run takes away what lies about. */
async function leavesNothing(
  arena: Arena,
  count: number,
  kinds: readonly (readonly string[])[],
  [fromMs, toMs]: readonly [number, number] = [200, 3500],
): Promise<Played> {
  const complaints: string[] = []
  for (const [index, ms] of moments(count, fromMs, toMs).entries()) {
    const words = kinds[index % kinds.length]!
    await arena.mqttspec(words, {
      onStart: child => setTimeout(() => child.kill('SIGKILL'), ms),
    })
    const until = performance.now() + 2000
    while (processesWith(arena.marker).length > 0 && performance.now() < until) {
      await new Promise(resolve => setTimeout(resolve, 20))
    }
    const alive = processesWith(arena.marker)
    if (alive.length > 0) {
      complaints.push(`KILL at ${Math.round(ms)} ms: ${alive.length} live on: ${alive[0]?.command}`)
    }
  }
  const next = await arena.mqttspec(['run', 'qos2/broker-receives/undisturbed'])
  return { exitCode: next.code, complaints }
}

const runs = [
  ['run', 'qos2/broker-receives', '--target', 'mosquitto'],
  ['run', 'qos2/client-receives', '--target', 'mosquitto-clients'],
  ['run', 'restart/exchanges', '--target', 'mosquitto'],
  ['run', 'qos2/client-receives', '--target', 'mqttjs'],
  ['run', 'device/client', '--target', 'pico'],
]
/** Workers start targets of their own. */
const search = ['explore', 'qos2-publish', '--workers', '2', '--budget', '20s']
const searches = [search]

function fifo(arena: Arena): string {
  const place = path.join(arena.folder, 'pipe.yaml')
  execFileSync('mkfifo', [place])
  return place
}

/**
 * Signals a process that has opened a pipe to read, however long it took to get there: before, nothing waits for the pipe. One that never
 * opens it must end by itself.
 */
function onceItReads(place: string, child: ChildProcess, signal: NodeJS.Signals): void {
  let writer: number | undefined
  const look = setInterval(() => {
    try {
      // Refused as long as nobody reads.
      writer = openSync(place, constants.O_WRONLY | constants.O_NONBLOCK)
    } catch {
      return
    }
    clearInterval(look)
    child.kill(signal)
  }, 20)
  child.once('exit', () => {
    clearInterval(look)
    if (writer !== undefined) closeSync(writer)
  })
}

/** A pipe into which nobody writes: a signal must end the waiting, if there is any. */
function waiting(
  name: string,
  words: (place: string) => readonly string[],
  signal: NodeJS.Signals,
): Attack {
  return {
    name: `interrupt/${name}`,
    exits: [2, 4],
    play: async arena => {
      const place = fifo(arena)
      const told = await arena.mqttspec(['run', ...words(place)], {
        onStart: child => onceItReads(place, child, signal),
      })
      return { exitCode: told.code }
    },
  }
}

const boards = [
  'device/board-faults/power-cut-while-publishing-and-obeying',
  'device/board-faults/torn-slot',
]

/** INT while workers search: all of them end, and what they found until then is reported. */
async function searchEnds(arena: Arena, count: number): Promise<Played> {
  const complaints: string[] = []
  const bootMs = bootTime()
  for (const ms of moments(count, 0, 8000)) {
    const report = path.join(arena.folder, 'report-search.json')
    const told = await arena.mqttspec([...search, '--reporter', `json=${report}`], {
      onStart: child => setTimeout(() => child.kill('SIGINT'), ms),
    })
    const isUnheard = told.code === 'SIGINT' && ms < bootMs
    if (!isUnheard && ![0, 1, 4].includes(told.code as number)) {
      complaints.push(`INT at ${Math.round(ms)} ms: exit ${told.code}`)
    }
    if (told.seconds * 1000 - ms > endsMs) {
      complaints.push(
        `INT at ${Math.round(ms)} ms: ended ${told.seconds.toFixed(1)} s after its start`,
      )
    }
  }
  return { exitCode: 0, complaints }
}

/** How long an interrupted search may take to its end; the reports of the workers are joined in it. */
const endsMs = 30_000

export const interrupts: Attack[] = [
  {
    name: 'interrupt/INT while a broker is tested',
    exits: [0, 1, 4],
    play: arena => inventsNothing(arena, ['qos2/broker-sends', '--target', 'mosquitto'], 20),
  },
  {
    name: 'interrupt/INT while a device is tested',
    exits: [0, 4],
    // Each board is a computer of its own: few cases take as long as many of the others. `moment/` rows end one at every event.
    play: arena => inventsNothing(arena, [...boards, '--target', 'pico'], 10),
  },
  {
    name: 'interrupt/INT while a client is tested',
    exits: [0, 1, 4],
    play: arena => inventsNothing(arena, ['qos2/client-receives', '--target', 'mqttjs'], 20),
  },
  waiting(
    'TERM while known issues are a FIFO',
    place => ['qos2/broker-receives', '--known-issues', place],
    'SIGTERM',
  ),
  waiting('TERM while the target is a FIFO', place => ['--target', place], 'SIGTERM'),
  {
    name: 'interrupt/KILL at 50 moments',
    exits: [0, 1],
    play: arena => leavesNothing(arena, 50, runs),
  },
  {
    name: 'interrupt/INT of a search in workers',
    exits: [0],
    play: arena => searchEnds(arena, 10),
  },
  {
    name: 'interrupt/KILL of a search in workers',
    exits: [0, 1],
    play: arena => leavesNothing(arena, 5, searches, [1000, 6000]),
  },
  {
    name: 'interrupt/KILL at 5 moments',
    exits: [0, 1],
    sample: true,
    play: arena => leavesNothing(arena, 5, runs),
  },
]
