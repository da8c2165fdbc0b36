import type { BoardChecks, LongRunOutcome, SweepOutcome } from '../model/board-checks.ts'
import { setUpBoard } from './board-setup.ts'
import { firstFlow, longFlows, shortFlows } from './flows.ts'
import { longRuns } from './long-runs.ts'
import { sweep } from './sweep.ts'

/** What scenarios ask of a simulated board beside the target's. Rejects with RangeError for a flow that does not exist. */
export const boardChecks: BoardChecks = { sweep: sweepFlow, longRun: runLong }

async function sweepFlow({ flow, twice }: { flow: string; twice: boolean }): Promise<SweepOutcome> {
  const chosen = named(flow, [firstFlow, ...shortFlows, ...longFlows])
  const setup = await setUpBoard()
  try {
    const start = chosen === firstFlow ? setup.blank : setup.used
    // Of a recovery one point in four, others for each state: `npm run device-sweep` takes all.
    const report = await sweep({ ...setup, flow: chosen, start, twice, recoveryEach: 4 })
    const { cuts, operations, failures } = report
    return {
      cuts: cuts.first + cuts.second,
      ...operations,
      notReached: report.notReached.length,
      failures: failures.map(({ at, problems }) => ({ at, problems })),
    }
  } finally {
    await setup.stop()
  }
}

function runLong({ flow }: { flow: string }): Promise<LongRunOutcome> {
  return named(flow, longRuns).run()
}

function named<T extends { name: string }>(wanted: string, all: readonly T[]): T {
  const found = all.find(one => slug(one.name) === wanted)
  if (found) return found
  throw new RangeError(`no flow is called ${wanted}: ${all.map(one => slug(one.name))}`)
}

function slug(name: string): string {
  return name.replace(/[^a-z0-9]+/gi, '-').toLowerCase()
}
