import type { Bench, PlayOutcome, SweepOutcome } from '../model/board-checks.ts'
import { openBench } from './board-setup.ts'
import { firstFlow, longFlows, shortFlows } from './flows.ts'
import { plays } from './long-runs.ts'
import { sweep } from './sweep.ts'

/** What scenarios ask of a simulated board beside the target's. Rejects with RangeError for a flow that does not exist. */
export const deviceBench: Bench = { sweep: sweepFlow, play: playFlow }

async function sweepFlow({ flow, twice }: { flow: string; twice: boolean }): Promise<SweepOutcome> {
  const chosen = named(flow, [firstFlow, ...shortFlows, ...longFlows])
  const bench = await openBench()
  try {
    const start = chosen === firstFlow ? bench.blank : bench.used
    const report = await sweep({ ...bench, flow: chosen, start, twice })
    const { cuts, operations, failures } = report
    return {
      cuts: cuts.first + cuts.second,
      ...operations,
      notReached: report.notReached.length,
      failures: failures.map(({ at, problems }) => ({ at, problems })),
    }
  } finally {
    await bench.stop()
  }
}

function playFlow({ flow }: { flow: string }): Promise<PlayOutcome> {
  return named(flow, plays).run()
}

function named<T extends { name: string }>(wanted: string, all: readonly T[]): T {
  const found = all.find(one => slug(one.name) === wanted)
  if (found) return found
  throw new RangeError(`no flow is called ${wanted}: ${all.map(one => slug(one.name))}`)
}

function slug(name: string): string {
  return name.replace(/[^a-z0-9]+/gi, '-').toLowerCase()
}
