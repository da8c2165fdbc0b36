import type { Level } from '../../model/finding.ts'
import type { RunReport } from '../../model/report.ts'

export type Score = {
  version: string
  level: Level
  met: number
  broken: number
  /** Of those that were tested, whole percent; no more than 99 while one is broken. */
  percent: number
}

const levels = ['MUST', 'SHOULD', 'MAY'] as const

/** How many of the statements that the run tested hold, by version and level. What was not tested counts for nothing. */
export function scoresOf({ statements }: Pick<RunReport, 'statements'>): Score[] {
  const versions = [...new Set(statements.map(({ id }) => id.slice(0, id.indexOf(':'))))]
  return versions.flatMap(version =>
    levels.flatMap(level => {
      const own = statements.filter(one => one.level === level && one.id.startsWith(`${version}:`))
      const met = own.filter(({ outcome }) => outcome === 'met').length
      const broken = own.filter(({ outcome }) => outcome === 'broken').length
      if (met + broken === 0) return []
      return [{ version, level, met, broken, percent: percentOf(met, met + broken) }]
    }),
  )
}

/** The same of one level over all versions. */
export function scoreOf(report: Pick<RunReport, 'statements'>, level: Level) {
  const own = scoresOf(report).filter(one => one.level === level)
  const met = own.reduce((sum, one) => sum + one.met, 0)
  const tested = own.reduce((sum, one) => sum + one.met + one.broken, 0)
  return { met, tested, percent: percentOf(met, tested) }
}

function percentOf(met: number, tested: number): number {
  return tested === 0 ? 0 : Math.floor((met * 100) / tested)
}
