import { createHash } from 'node:crypto'
import { appendFileSync, existsSync, readdirSync, readFileSync } from 'node:fs'
import path from 'node:path'
import type { Row } from './play.ts'

/**
 * Rows in a file, one a line, so that a table which takes long is made in parts: of those that the same program played, and of green ones of
 * `earlier` programs, which the page names.
 */
export type KeptRows = { find(name: string): Row | undefined; keep(row: Row): void }

export function rowsKeptIn(file: string, state: string, earlier: readonly string[] = []): KeptRows {
  const lines = existsSync(file) ? readFileSync(file, 'utf8').trim().split('\n') : []
  const known = new Map(
    lines
      .filter(line => line !== '')
      .map(line => JSON.parse(line) as { state: string; row: Row })
      .filter(kept => kept.state === state || earlier.includes(kept.state))
      .map(({ state: by, row }) => [row.name, by === state ? row : { ...row, earlierState: by }]),
  )
  return {
    // A red row is played again: what made it red was mended, or is to be seen once more.
    find: name => {
      const row = known.get(name)
      return row === undefined || row.complaints.length > 0 ? undefined : row
    },
    keep: row => appendFileSync(file, `${JSON.stringify({ state, row })}\n`),
  }
}

/** One word for all that a row depends on: two programs with the same word are the same program. */
export function stateOf(root: string): string {
  const hash = createHash('sha256')
  for (const folder of ['dist', 'suites', 'fixtures/targets', 'device', 'scripts/hostile']) {
    for (const file of filesIn(path.join(root, folder))) {
      hash
        .update(`${path.relative(root, file)}\0`)
        .update(readFileSync(file))
        .update('\0')
    }
  }
  return hash.digest('hex').slice(0, 12)
}

function filesIn(folder: string): string[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter(entry => entry.isFile())
    .map(entry => path.join(entry.parentPath, entry.name))
    .sort()
}
