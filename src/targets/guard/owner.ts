import { createHash } from 'node:crypto'
import { readFileSync, readlinkSync } from 'node:fs'
import os from 'node:os'

/*
 * Who made a folder, written in its name: the number of a process, when that process began, and on which machine. Numbers are given
 * again, and containers that share a folder have the same ones; a name that says all three is swept away only when its owner is gone.
 */

/** Tells those apart that see each other's processes under the same numbers. */
const machine = createHash('sha256')
  .update(`${os.hostname()} ${namespace()}`)
  .digest('hex')
  .slice(0, 8)

/** This process, as it stands in names: `4711.123456.a1b2c3d4`. */
export const owner = `${process.pid}.${startOf(process.pid)}.${machine}`

/** What stands for an owner in the name of a file or folder. */
export const ownerPattern = /\b(\d+)\.(\d+)\.([0-9a-f]{8})\b/

/** Whether the owner that a name tells of is certainly gone. One of another machine is never known to be. */
export function isGone(name: string): boolean {
  const [, pidText, start, where] = ownerPattern.exec(name) ?? []
  if (pidText === undefined || where !== machine) return false
  const pid = Number(pidText)
  if (!runs(pid)) return true
  return start !== '0' && startOf(pid) !== '0' && startOf(pid) !== start
}

function runs(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM'
  }
}

/** When a process began, in ticks since the machine did; `0` where the system does not tell. */
function startOf(pid: number): string {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'latin1')
    return stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19] ?? '0'
  } catch {
    return '0'
  }
}

function namespace(): string {
  try {
    return readlinkSync('/proc/self/ns/pid')
  } catch {
    return ''
  }
}
