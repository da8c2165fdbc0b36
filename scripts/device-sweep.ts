/*
 * Cuts the power of a simulated board at every point of every flow, and at every point of the recovery from each cut, and judges each case as
 * exactly once.
 *
 *   npm run device-sweep                        a table on standard output
 *   npm run device-sweep -- --kills 500         stops after the flow in which so many are reached
 *   npm run device-sweep -- --write FILE.md
 *
 * Exit code 1 where a message was lost or doubled.
 */
import { writeFile } from 'node:fs/promises'
import { parseArgs } from 'node:util'
import { openBench } from '../src/device/bench.ts'
import { firstFlow, longFlows, shortFlows } from '../src/device/flows.ts'
import { type SweepReport, sweep } from '../src/device/sweep.ts'
import { sweepTable } from '../src/device/sweep-table.ts'

const { values } = parseArgs({
  options: { kills: { type: 'string', default: 'Infinity' }, write: { type: 'string' } },
})
const head = `# Power cuts on the simulated board\n\n\`npm run device-sweep -- --write reports/device-sweep.md\`: seven flows, each cut at every point, and every recovery again. umqtt2 as it ships, MicroPython 1.27.0 on WebAssembly.\n\n`
const reports: SweepReport[] = []
const bench = await openBench()
try {
  for (const flow of [firstFlow, ...shortFlows, ...longFlows]) {
    const start = flow === firstFlow ? bench.blank : bench.used
    reports.push(await sweep({ ...bench, flow, start, twice: true }))
    const kills = reports.reduce((sum, { cuts }) => sum + cuts.first + cuts.second, 0)
    process.stderr.write(`${flow.name}: ${kills} kills so far\n`)
    if (kills >= Number(values.kills)) break
  }
} finally {
  await bench.stop()
}
const table = sweepTable(reports)
process.stdout.write(table)
if (values.write) await writeFile(values.write, head + table)
process.exitCode = reports.some(({ failures }) => failures.length > 0) ? 1 : 0
