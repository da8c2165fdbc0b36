// Compiles src/ to dist/. Plain JavaScript, since it runs before anything is built.
import { spawnSync } from 'node:child_process'
import { chmodSync, cpSync, existsSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import path from 'node:path'
import { fileURLToPath } from 'node:url'

const root = fileURLToPath(new URL('..', import.meta.url))
const require = createRequire(import.meta.url)

if (!existsSync(path.join(root, 'src'))) process.exit(0)
// Who installs without scripts (`npm ci --ignore-scripts`) has not built anything yet.
const isBuilt = existsSync(path.join(root, 'dist', 'cli', 'bin.js'))
if (isBuilt && process.argv.includes('--where-missing')) process.exit(0)
rmSync(path.join(root, 'dist'), { recursive: true, force: true })
const tsc = path.join(path.dirname(require.resolve('typescript/package.json')), 'bin', 'tsc')
const { status } = spawnSync(process.execPath, [tsc, '-p', 'tsconfig.build.json'], {
  cwd: root,
  stdio: 'inherit',
})
if (status !== 0) process.exit(status ?? 1)
// Files that are JavaScript already, such as worker entries, go along as they are.
for (const entry of readdirSync(path.join(root, 'src'), { recursive: true, withFileTypes: true })) {
  if (!entry.isFile() || !/\.(js|mjs)$/.test(entry.name)) continue
  const from = path.join(entry.parentPath, entry.name)
  cpSync(from, path.join(root, 'dist', path.relative(path.join(root, 'src'), from)))
}
// The viewer is bundled here once, so that who installs the package needs nothing to do it with.
const { bundleViewer } = await import('../src/reporters/html/bundle.js')
writeFileSync(
  path.join(root, 'dist', 'reporters', 'html', 'template.js'),
  `export const template = ${JSON.stringify(await bundleViewer())}\n`,
)
for (const name of ['bundle.js', 'template.js.map']) {
  rmSync(path.join(root, 'dist', 'reporters', 'html', name), { force: true })
}
chmodSync(path.join(root, 'dist', 'cli', 'bin.js'), 0o755)
