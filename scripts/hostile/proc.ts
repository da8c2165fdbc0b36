import { existsSync, readdirSync, readFileSync } from 'node:fs'

/*
 * What the kernel of Linux tells of processes. Elsewhere it tells nothing and the columns stay empty.
 */

/** The largest resident memory that a process ever had, in MB; undefined where it is gone or nobody tells. */
export function peakMegabytes(pid: number): number | undefined {
  const kilobytes = /^VmHWM:\s+(\d+) kB/m.exec(read(`/proc/${pid}/status`))?.[1]
  return kilobytes === undefined ? undefined : Math.round(Number(kilobytes) / 1024)
}

/** The processes whose environment holds this text, whatever session or parent they have by now. */
export function processesWith(marker: string): { pid: number; command: string }[] {
  if (!existsSync('/proc/self/environ')) return []
  return readdirSync('/proc')
    .filter(name => /^\d+$/.test(name) && Number(name) !== process.pid)
    .filter(name => read(`/proc/${name}/environ`).includes(marker) && !isZombie(name))
    .map(name => ({ pid: Number(name), command: commandOf(name) }))
}

/** It has ended, and only whoever started it has not asked how. */
function isZombie(pid: string): boolean {
  return /^State:\s+Z/m.test(read(`/proc/${pid}/status`))
}

function commandOf(pid: string): string {
  return read(`/proc/${pid}/cmdline`).split('\0').filter(Boolean).join(' ').slice(0, 120)
}

function read(file: string): string {
  try {
    return readFileSync(file, 'utf8')
  } catch {
    return ''
  }
}
