import { type RunReport, type Verdict, verdicts } from '../model/report.ts'
import { version } from '../run/version.ts'

/** The report of a run that met its end before its first case, so that whoever reads reports reads why. */
export function runThatNeverBegan(facts: {
  /** The target as it was asked for, without credentials. */
  target: string
  problem: string
  exitCode: number
  seed: number | undefined
  shard: RunReport['shard'] | undefined
  durationMs: number
}): RunReport {
  const { target, problem, exitCode, durationMs } = facts
  return {
    mqttspec: version,
    schema: 1,
    startedAt: new Date(Date.now() - durationMs).toISOString(),
    durationMs: Math.round(durationMs),
    sleptMs: 0,
    seed: facts.seed ?? 0,
    exitCode,
    ...(facts.shard ? { shard: facts.shard } : {}),
    problem,
    target: { name: target, role: 'broker', address: target, versions: [], fingerprint: {} },
    summary: Object.fromEntries(verdicts.map(verdict => [verdict, 0])) as Record<Verdict, number>,
    findings: [],
    results: [],
    statements: [],
  }
}
