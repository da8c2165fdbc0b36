import type { RunReport } from '../../model/report.ts'
import { makeReport, type Trouble } from './make-report.ts'

/** The report of a run that met its end before its first case, so that whoever reads reports reads why. */
export function runThatNeverBegan(facts: {
  /** The target as it was asked for, without credentials. */
  target: string
  trouble: Trouble
  seed: number | undefined
  shard: RunReport['shard'] | undefined
  durationMs: number
}): RunReport {
  const { target, trouble, seed = 0, shard, durationMs } = facts
  return makeReport({
    startedAtMs: Date.now() - durationMs,
    durationMs,
    seed,
    shard,
    trouble,
    target: { name: target, role: 'broker', address: target, versions: [], fingerprint: {} },
    results: [],
  })
}
