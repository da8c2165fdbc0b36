/*
 * node every-error.js WISH: a command line of mqttspec, run in this process again and again, once for each place of it that touches files,
 * sockets or processes and each thing that the system may say there; several at a time. WISH is JSON:
 *
 *   words      the command line; REPORT in it is a file of each run's own
 *   hasReport  whether a report is due
 *   part, of   the places of this row, of so many rows: 1 of 4, chosen by their names, so that each is in one of them
 *   tries      a file of what is left to try, instead
 *
 * Its last line is JSON: how many places and tries there were, the places that could not be reached again, what is left to try for another
 * process, as a slow machine needs more than one, and the complaints.
 */
import { EventEmitter } from 'node:events'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { createRequire } from 'node:module'
import os from 'node:os'
import path from 'node:path'

// It comes first: what imports from node:fs gets what stands there by then.
const { during } = createRequire(import.meta.url)('./failing-system.cjs')
const { main } = await import('../../dist/cli/main.js')
const { codesFor } = await import('./system-codes.js')

const { words, hasReport, part = 1, of = 1, tries: triesFile } = JSON.parse(process.argv[2] ?? '{}')
const folder = mkdtempSync(path.join(os.tmpdir(), 'every-error-'))
/** Side by side; each waits more than it works. */
const lanes = 12
/** After so long nothing more is begun. */
const beginMs = 20_000
/** What does not end in so long hangs. */
const endMs = 35_000

const complaints = []
const unreached = []
let now = 'before any'
for (const event of ['uncaughtException', 'unhandledRejection']) {
  process.on(event, error => complaints.push(`${now}: ${event}: ${error?.stack ?? error}`))
}

process.on('warning', warning => {
  const isLeft = /on garbage collection/.test(warning.message)
  if (isLeft) complaints.push(`${now} or soon before: a file was left open`)
})

let runs = 0
async function run(failure) {
  runs += 1
  const report = path.join(folder, `report-${runs}`)
  const said = []
  const stream = {
    write: (text, done) => {
      said.push(text)
      if (done) queueMicrotask(done)
    },
    on: () => undefined,
  }
  const exits = []
  const io = {
    stdout: stream,
    stderr: stream,
    env: { ...process.env, NO_COLOR: '1' },
    signals: new EventEmitter(),
    exit: code => exits.push(code),
  }
  let timer
  const late = new Promise(resolve => {
    timer = setTimeout(() => resolve('no end'), endMs)
  })
  const own = words.map(word => word.replace('REPORT', report))
  const { value, struck } = await during(failure, () => Promise.race([main(own, io), late]))
  clearTimeout(timer)
  return { code: exits[0] ?? value, said: said.join(''), isWritten: sizeOf(report) > 0, struck }
}

function sizeOf(file) {
  try {
    return readFileSync(file).length
  } catch {
    return 0
  }
}

/** Which places a run passes may differ from process to process: their number says nothing, their names do. */
function isOfPart(at) {
  let sum = 0
  for (const character of at) sum = (sum * 31 + character.charCodeAt(0)) % 65_521
  return sum % of === part - 1
}

async function lookAt(at, code) {
  now = `${code} ${at}`
  const told = await run({ at, code })
  if (told.struck === 0) return false
  const say = what => complaints.push(`${code} ${at}: ${what}`)
  if (![0, 1, 2, 3, 4].includes(told.code)) say(`exit ${told.code}`)
  if (/a bug of mqttspec itself|^\s+at .+:\d+:\d+\)?$/m.test(told.said)) {
    say(`told as a bug: ${told.said.slice(0, 300)}`)
  }
  // What is no file of a report, or a mistake of the command line, costs no report.
  const isOfReport = /output-file/.test(at)
  if (hasReport && !isOfReport && told.code !== 2 && !told.isWritten) say('no report')
  return true
}

const places = new Set()
const whole = await run({ seen: places })
if (![0, 1, 4].includes(whole.code)) complaints.push(`exit ${whole.code} with nothing failing`)
const tries = triesFile
  ? JSON.parse(readFileSync(triesFile, 'utf8'))
  : [...places].filter(isOfPart).flatMap(at => codesFor(at).map(code => ({ at, code })))
const left = [...tries]
async function lane() {
  while (performance.now() < beginMs) {
    const one = left.shift()
    if (!one) return
    if (!(await lookAt(one.at, one.code))) unreached.push(one)
  }
}
await Promise.all(Array.from({ length: lanes }, lane))
rmSync(folder, { recursive: true, force: true })
const told = { places: places.size, tries: tries.length, unreached, left, complaints }
process.stdout.write(`${JSON.stringify(told)}\n`, () => process.exit())
