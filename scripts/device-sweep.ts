/*
 * Cuts the power of a board at every point of every flow, and at every point of the recovery from each cut, and judges each case as
 * exactly once.
 *
 *   npm run device-sweep                        simulated boards; a table on standard output
 *   npm run device-sweep -- --kills 500         stops after so many
 *   npm run device-sweep -- --write FILE.md     puts the table into its section of FILE.md, and leaves the other as it is
 *   npm run device-sweep -- --continue FILE     keeps in FILE what it has so far, and does not repeat a flow that is there;
 *                                               more than one FILE are put together, and the first is written to
 *   npm run device-sweep -- --part 1/2          every second flow only
 *   npm run device-sweep -- --image FIRMWARE.uf2 --bootrom FILE     an image of yours on an emulated RP2040, 240 kills if not told otherwise;
 *                                               --mpy-cross PROGRAM compiles the firmware first, which saves three quarters of the time
 *
 * Exit code 1 where a message was lost or doubled, 2 where the command line is wrong.
 */
import { existsSync, writeFileSync } from 'node:fs'
import { readFile, writeFile } from 'node:fs/promises'
import { parseArgs } from 'node:util'
import { emulatedDeadlineMs, setUpBoard, setUpEmulatedBoard } from '../src/device/board-setup.ts'
import type { DeviceBroker } from '../src/device/device-broker.ts'
import { firstFlow, longFlows, shortFlows } from '../src/device/flows.ts'
import {
  type Image,
  type Start,
  type SweepReport,
  type SweptBoard,
  sweep,
} from '../src/device/sweep.ts'
import { sweepTable, withSection } from '../src/device/sweep-table.ts'
import { compiledFirmware } from './compiled-firmware.ts'

const { values } = parseArgs({
  options: {
    kills: { type: 'string' },
    write: { type: 'string' },
    continue: { type: 'string', multiple: true, default: [] },
    part: { type: 'string', default: '1/1' },
    image: { type: 'string' },
    bootrom: { type: 'string' },
    'mpy-cross': { type: 'string' },
  },
})

type Swept<I extends Image> = {
  board: SweptBoard<I>
  broker: DeviceBroker
  blank: Start<I>
  used: Start<I>
  stop(): Promise<void>
}

const allFlows = [firstFlow, ...shortFlows, ...longFlows]
const [part = 1, parts = 1] = values.part.split('/').map(Number)
const flows = allFlows.filter((_, index) => index % parts === part - 1)

/** Every flow in turn, until there are enough kills. */
async function sweepAll<I extends Image>(
  setup: Swept<I>,
  how: {
    kills: number
    twice: boolean
    deadlineMs?: number
  },
): Promise<SweepReport[]> {
  const reports = await finished()
  const open = flows.filter(({ name }) => !reports.some(({ flow }) => flow === name))
  let left = Math.ceil((how.kills * flows.length) / allFlows.length) - killsOf(reports)
  try {
    for (const [index, flow] of open.entries()) {
      const start = flow === firstFlow ? setup.blank : setup.used
      // Where not all can be reached, each flow gets its part.
      const killsMax = Math.ceil(left / (open.length - index))
      const onCut = (report: SweepReport) => keep([...reports, report])
      const report = await sweep({ ...setup, ...how, flow, start, killsMax, onCut })
      reports.push(report)
      left -= killsOf([report])
      keep(reports)
      process.stderr.write(`${flow.name}: ${killsOf(reports)} kills so far\n`)
    }
  } finally {
    await setup.stop()
  }
  return reports
}

/** All so far: whoever ends the process has it. */
function keep(reports: SweepReport[]): void {
  if (values.continue[0]) writeFileSync(values.continue[0], JSON.stringify(reports))
}

/** What an earlier run came to. */
async function finished(): Promise<SweepReport[]> {
  const files = values.continue.filter(file => existsSync(file))
  const texts = await Promise.all(files.map(file => readFile(file, 'utf8')))
  return texts.flatMap(text => JSON.parse(text) as SweepReport[])
}

function killsOf(reports: readonly SweepReport[]): number {
  return reports.reduce((sum, { cuts }) => sum + cuts.first + cuts.second, 0)
}

type Outcome = { section: string; head: string; reports: SweepReport[] }

async function simulated(): Promise<Outcome> {
  const kills = Number(values.kills ?? Number.POSITIVE_INFINITY)
  const reports = await sweepAll(await setUpBoard(), { kills, twice: true })
  const head =
    '`npm run device-sweep`: seven flows, each cut at every point, and every recovery again. umqtt2 as it ships, MicroPython 1.27.0 on WebAssembly.\n\n'
  return { section: 'Simulated', head, reports }
}

async function emulated(image: string, bootrom: string): Promise<Outcome> {
  const kills = Number(values.kills ?? 240)
  const program = values['mpy-cross']
  const files = program ? await compiledFirmware(program) : undefined
  if (program && !files) throw new Error(`${program} was not started`)
  const setup = await setUpEmulatedBoard({ image, bootrom, ...(files ? { files } : {}) })
  const reports = await sweepAll(setup, { kills, twice: false, deadlineMs: emulatedDeadlineMs })
  const head = `\`npm run device-sweep -- --image FIRMWARE.uf2 --bootrom FILE\`: the same flows, cut at points spread over all of them. umqtt2 as it ships on ${setup.version}, an RP2040 instruction by instruction.\n\n`
  return { section: 'Emulated', head, reports }
}

if ((values.image === undefined) !== (values.bootrom === undefined)) {
  process.stderr.write(
    '--image and --bootrom go together: the image, and the boot ROM of an RP2040\n',
  )
  process.exit(2)
}
const { section, head, reports } =
  values.image && values.bootrom ? await emulated(values.image, values.bootrom) : await simulated()
const table = sweepTable(reports)
process.stdout.write(table)
if (values.write) {
  const before = existsSync(values.write) ? await readFile(values.write, 'utf8') : ''
  await writeFile(values.write, withSection(before, section, head + table))
}
process.exitCode = reports.some(({ failures }) => failures.length > 0) ? 1 : 0
