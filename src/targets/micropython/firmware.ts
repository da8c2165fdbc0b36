import { readdir, readFile } from 'node:fs/promises'
import path from 'node:path'
import { fileURLToPath } from 'node:url'

/** The firmware that ships with the package: device/ beside src/ or dist/. */
export const packagedFirmware = fileURLToPath(new URL('../../../device', import.meta.url))

/** Never uploaded: stand-ins for a board's modules, and what only people read. */
const notFirmware = [
  /^(sim|emulated|examples|docs)\//,
  /\.(md|pyi)$/,
  /(^|\/)__pycache__\//,
  /(^|\/)package\.json$/,
  /^config\.example\.json$/,
]

/** Files of a firmware folder as they go onto the flash, by path. Throws the system's error where it cannot be read. */
export async function readFirmware(folder = packagedFirmware): Promise<Map<string, Uint8Array>> {
  const files = await readFolder(folder)
  for (const name of [...files.keys()])
    if (notFirmware.some(pattern => pattern.test(name))) files.delete(name)
  return files
}

/** Stand-ins for `machine`, `network`, `socket` and the console on the simulated board. */
export function readStubs(): Promise<Map<string, Uint8Array>> {
  return readFolder(path.join(packagedFirmware, 'sim'))
}

async function readFolder(folder: string): Promise<Map<string, Uint8Array>> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true })
  const files = new Map<string, Uint8Array>()
  for (const entry of entries) {
    if (!entry.isFile()) continue
    const file = path.join(entry.parentPath, entry.name)
    const name = path.relative(folder, file).split(path.sep).join('/')
    files.set(name, new Uint8Array(await readFile(file)))
  }
  return new Map([...files].sort(([a], [b]) => (a < b ? -1 : 1)))
}
