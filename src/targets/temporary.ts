import { rmSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import os from 'node:os'
import path from 'node:path'
import { killAll } from './processes.ts'

/** What has not been removed yet. */
const folders = new Set<string>()

/** A fresh folder that ends with us, also where we are stopped at once, as by a second Ctrl-C. */
export async function makeTemporary(name: string): Promise<string> {
  const folder = await mkdtemp(path.join(os.tmpdir(), `mqttspec-${name}-`))
  if (folders.size === 0) process.once('exit', removeAll)
  folders.add(folder)
  return folder
}

export async function removeTemporary(folder: string): Promise<void> {
  await rm(folder, { recursive: true, force: true, maxRetries: 3 })
  folders.delete(folder)
  if (folders.size === 0) process.removeListener('exit', removeAll)
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
