import { rmSync } from 'node:fs'
import { mkdtemp, readdir, rm } from 'node:fs/promises'
import os from 'node:os'
import path from 'node:path'
import { adviceFor } from '../../model/text/system-error.ts'
import { folderRemoved, guardFolder } from '../guard/guard.ts'
import { isGone, owner } from '../guard/owner.ts'
import { TargetError } from '../target-error.ts'
import { killAll } from './processes.ts'

/** What has not been removed yet. */
const folders = new Set<string>()

let swept: Promise<void> | undefined

/**
 * A fresh folder that ends with us, also where we are stopped at once, as by a second Ctrl-C, and, by its guard, by SIGKILL. Rejects with
 * TargetError where none can be made.
 */
export async function makeTemporary(name: string): Promise<string> {
  // TMPDIR may be relative, and what we start lives in folders of its own.
  const place = path.resolve(os.tmpdir())
  swept ??= sweep(place)
  await swept
  try {
    return keep(await mkdtemp(path.join(place, `mqttspec-${name}-${owner}-`)))
  } catch (error) {
    throw new TargetError(
      'NO_TEMPORARY_FOLDER',
      `cannot make a folder in ${place}: ${adviceFor(error)}; TMPDIR names another place for temporary files`,
      error,
    )
  }
}

function keep(folder: string): string {
  if (folders.size === 0) process.once('exit', removeAll)
  folders.add(folder)
  guardFolder(folder)
  return folder
}

export async function removeTemporary(folder: string): Promise<void> {
  // A broker that is being killed may still write; what cannot be removed now is removed at our end, or by the next run.
  try {
    await rm(folder, { recursive: true, force: true, maxRetries: 3 })
  } catch {
    return
  }
  folders.delete(folder)
  folderRemoved(folder)
  if (folders.size === 0) process.removeListener('exit', removeAll)
}

/** Takes away what runs left whose process is gone: one that was killed, guard and all, cleaned up nothing. */
export async function sweep(place: string): Promise<void> {
  const names = await readdir(place).catch(() => [])
  const dead = names.filter(name => name.includes('mqttspec-') || name.includes('-draft-'))
  await Promise.all(
    dead
      .filter(isGone)
      .map(name => rm(path.join(place, name), { recursive: true, force: true }).catch(() => {})),
  )
}

function removeAll(): void {
  // Whoever still runs would write there again.
  killAll()
  for (const folder of folders) {
    try {
      rmSync(folder, { recursive: true, force: true, maxRetries: 3 })
    } catch {
      // Windows keeps what somebody holds open; the rest is worth the try.
    }
  }
}
