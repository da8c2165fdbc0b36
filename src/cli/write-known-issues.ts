import { primaryFinding } from '../causes/primary.ts'
import type { RunReport } from '../model/report.ts'
import { knownIssuesText } from '../model/text/known-issues-text.ts'
import { UsageError } from '../run/usage-error.ts'
import { writeNamedFile } from '../targets/named-file.ts'

/** Writes what failed, and is not accepted yet, as a list to accept. Returns how many entries. Rejects with UsageError. */
export async function writeKnownIssues(file: string, report: RunReport): Promise<number> {
  const failed = new Map(
    report.results
      .filter(({ verdict, known }) => verdict === 'fail' && known?.outcome !== 'expected')
      .map(result => [result.id, result]),
  )
  const groups = (report.causes ?? []).flatMap(({ says, cases }) => {
    const issues = cases.flatMap(id => {
      const result = failed.get(id)
      if (!result) return []
      const finding = primaryFinding(result)
      return { case: id, ...(finding ? { statement: finding.statement } : {}) }
    })
    return issues.length > 0 ? { says, issues } : []
  })
  try {
    await writeNamedFile(file, knownIssuesText(groups))
  } catch (error) {
    throw new UsageError(`cannot write the known issues: ${(error as Error).message}`)
  }
  return groups.reduce((sum, { issues }) => sum + issues.length, 0)
}
