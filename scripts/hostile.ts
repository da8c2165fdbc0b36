import { spawnSync } from 'node:child_process'
import { writeFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import type { Attack } from './hostile/attack.ts'
import { attacks } from './hostile/attacks/index.ts'
import { rowsKeptIn, stateOf } from './hostile/kept-rows.ts'
import { pageOf } from './hostile/page.ts'
import { play, type Row } from './hostile/play.ts'

/*
 * npm run hostile                      every attack, two at a time: less than half an hour on two idle processors
 * npm run hostile -- flood listen/     those whose name contains one of the words
 * npm run hostile -- --sample          those that npm test plays, too
 * npm run hostile -- --continue FILE   keeps each row in the file and takes the green ones that it holds already: a table in parts, of one
 *                                      state of the program
 * npm run hostile -- --earlier STATE   green rows of that program count as well, and the page says so
 * npm run hostile -- --seconds N       begins no further attack after so many seconds, and is exit 75 where some are left
 * npm run hostile -- --page FILE       the table as a page as well: reports/hostile.md
 * npm run hostile -- --jobs 1          one at a time
 *
 * Peers that flood, adapters that lie, machines without room, files that are none, and interrupts at any moment: each attack is played
 * against a mqttspec of its own, which must end by itself within a minute, in 512 MB, with the exit code that tells the truth, and
 * leave no process, no file and no secret behind. Exit code 1 where one does not.
 */
const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    sample: { type: 'boolean' },
    page: { type: 'string' },
    continue: { type: 'string' },
    earlier: { type: 'string', multiple: true },
    seconds: { type: 'string' },
    jobs: { type: 'string', default: '2' },
    list: { type: 'boolean' },
  },
})
const chosen = attacks
  .filter(({ sample }) => !values.sample || sample)
  .filter(({ name }) => positionals.length === 0 || positionals.some(word => name.includes(word)))
const say = (line: string) => void process.stdout.write(`${line}\n`)
if (values.list) {
  for (const { name } of chosen) say(name)
  process.exit(0)
}

const width = Math.max(...chosen.map(({ name }) => name.length))
say(`${'attack'.padEnd(width)}  exit        s    MB  left  leaked`)
const state = stateOf(fileURLToPath(new URL('..', import.meta.url)))
const kept =
  values.continue === undefined ? undefined : rowsKeptIn(values.continue, state, values.earlier)
const began = performance.now()
const isTime = () => performance.now() - began < Number(values.seconds ?? Infinity) * 1000
const played = new Map<Attack, Row>()
const queue = [...chosen]
/** Most attacks wait more than they work: one that waits and one that works fit side by side. */
async function lane(): Promise<void> {
  for (let attack = queue.shift(); attack; attack = queue.shift()) {
    const known = kept?.find(attack.name)
    if (known === undefined && !isTime()) continue
    const row = known ?? (await play(attack))
    if (known === undefined) kept?.keep(row)
    played.set(attack, row)
    say(line(row))
    for (const complaint of row.complaints) say(`${' '.repeat(width)}  ✗ ${complaint}`)
  }
}
await Promise.all(Array.from({ length: Number(values.jobs) }, lane))
const rows = chosen.flatMap(attack => played.get(attack) ?? [])
const notPlayed = chosen.length - rows.length
const red = rows.filter(row => row.complaints.length > 0)
say(`${rows.length - red.length} of ${rows.length} attacks came to nothing`)
if (notPlayed > 0) say(`${notPlayed} were not played, as time was up`)
if (values.page !== undefined) {
  const { stdout } = spawnSync('git', ['rev-parse', '--short', 'HEAD'], { encoding: 'utf8' })
  const date = new Date().toISOString().slice(0, 10)
  await writeFile(values.page, pageOf(rows, { date, commit: stdout.trim(), state, notPlayed }))
}
process.exitCode = red.length > 0 || rows.length === 0 ? 1 : notPlayed > 0 ? 75 : 0

function line({ name, exitCode, seconds, peakMb, left, leaked, skipped }: Row): string {
  if (skipped !== undefined) return `${name.padEnd(width)}  skipped: ${skipped}`
  return [
    name.padEnd(width),
    String(exitCode).padStart(4),
    seconds.toFixed(1).padStart(7),
    String(peakMb ?? '').padStart(4),
    String(left.length).padStart(4),
    String(leaked.length).padStart(6),
  ].join('  ')
}
