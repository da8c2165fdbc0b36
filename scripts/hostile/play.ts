import { mkdtemp, rm } from 'node:fs/promises'
import os from 'node:os'
import path from 'node:path'
import { Arena } from './arena.ts'
import { type Attack, bounds, type Played } from './attack.ts'
import { leaksIn } from './leaks.ts'
import { processesWith } from './proc.ts'

/** One row of the table. */
export type Row = {
  name: string
  exitCode: number | string
  seconds: number
  peakMb: number | undefined
  left: string[]
  leaked: string[]
  complaints: string[]
  skipped?: string
  /** The program that played it, where it is not the one of today. */
  earlierState?: string
}

/** How long what ends by itself may take to end behind mqttspec. */
const graceMs = 3000

/** Plays one attack in a folder of its own and measures what became of it. */
export async function play(attack: Attack): Promise<Row> {
  const skipped = attack.skip?.()
  if (skipped !== undefined) return emptyRow(attack.name, skipped)
  const folder = await mkdtemp(path.join(os.tmpdir(), 'hostile-'))
  const marker = path.basename(folder)
  const secondsMax = attack.secondsMax ?? bounds.seconds
  const arena = new Arena(folder, marker, secondsMax)
  try {
    const { exitCode, complaints = [] } = await attack.play(arena).catch(threw)
    const seconds = arena.secondsMost
    const processes = await survivors(marker)
    const row: Row = {
      name: attack.name,
      exitCode,
      seconds,
      peakMb: arena.peakMb,
      left: [...processes.map(one => one.command), ...arena.left()],
      leaked: leaksIn(arena.everythingSaid(), attack.secrets ?? []),
      complaints: [...complaints],
    }
    if (!attack.exits.includes(exitCode as number)) {
      row.complaints.unshift(`exit ${exitCode}, ${attack.exits.join(' or ')} was due`)
    }
    if (seconds > secondsMax) row.complaints.push(`more than ${secondsMax} s`)
    if ((row.peakMb ?? 0) > bounds.megabytes)
      row.complaints.push(`more than ${bounds.megabytes} MB`)
    if (row.left.length > 0) row.complaints.push(`left: ${row.left.slice(0, 4).join(', ')}`)
    if (row.leaked.length > 0) row.complaints.push(`leaked: ${row.leaked.slice(0, 4).join(', ')}`)
    return row
  } finally {
    await arena.close()
    for (const { pid } of processesWith(marker)) kill(pid)
    await rm(folder, { recursive: true, force: true, maxRetries: 3 })
  }
}

/** The attack itself went wrong: a row as any other, and no end of the table. */
function threw(error: unknown): Played {
  const what = error instanceof Error ? (error.stack ?? error.message) : String(error)
  return { exitCode: '?', complaints: [`threw ${what.split('\n').slice(0, 2).join(' ')}`] }
}

/** What still runs when there was time to end. */
async function survivors(marker: string) {
  const until = performance.now() + graceMs
  let running = processesWith(marker)
  while (running.length > 0 && performance.now() < until) {
    await new Promise(resolve => setTimeout(resolve, 50))
    running = processesWith(marker)
  }
  return running
}

function kill(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL')
  } catch {
    // It has ended meanwhile.
  }
}

function emptyRow(name: string, skipped: string): Row {
  const nothing = { left: [], leaked: [], complaints: [] }
  return { name, exitCode: '', seconds: 0, peakMb: undefined, ...nothing, skipped }
}
