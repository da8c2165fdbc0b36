import { spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { readFirmware } from '../src/targets/micropython/firmware.ts'

/**
 * The firmware compiled by mpy-cross, by path: a board that has no source to compile starts in a quarter of the time. Undefined where there is no
 * such program. Throws where it refuses a file.
 */
export async function compiledFirmware(
  program = 'mpy-cross',
): Promise<Map<string, Uint8Array> | undefined> {
  if (spawnSync(program, ['--version']).error) return undefined
  const files = await readFirmware()
  const folder = mkdtempSync(path.join(tmpdir(), 'mqttspec-mpy-'))
  try {
    const compiled = new Map<string, Uint8Array>()
    for (const [name, source] of files) {
      if (!name.endsWith('.py') || name === 'boot.py' || name === 'main.py') continue
      const [from, to] = [path.join(folder, 'in.py'), path.join(folder, 'out.mpy')]
      writeFileSync(from, source)
      const { status, stderr } = spawnSync(program, ['-s', name, '-o', to, from], {
        encoding: 'utf8',
      })
      if (status !== 0) throw new Error(`${name}: ${stderr}`)
      compiled.set(name.replace(/\.py$/, '.mpy'), readFileSync(to))
    }
    return compiled
  } finally {
    rmSync(folder, { recursive: true })
  }
}
