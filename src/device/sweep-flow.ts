import type { Sweep } from '../model/sweep.ts'
import { openBench } from './bench.ts'
import { firstFlow, longFlows, shortFlows } from './flows.ts'
import { sweep } from './sweep.ts'

/** Sweeps one flow on a simulated board of its own. Throws RangeError for a flow that does not exist. */
export const sweepFlow: Sweep = async ({ flow, twice }) => {
  const all = [firstFlow, ...shortFlows, ...longFlows]
  const chosen = all.find(one => slug(one.name) === flow)
  if (!chosen) throw new RangeError(`no flow is called ${flow}: ${all.map(one => slug(one.name))}`)
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

function slug(name: string): string {
  return name.replace(/[^a-z0-9]+/gi, '-').toLowerCase()
}
