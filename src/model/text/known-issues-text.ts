import { stringify } from 'yaml'
import type { StatementRef } from '../finding.ts'

export type NewIssue = { case: string; statement?: StatementRef; note?: string }

/**
 * A list of accepted failures as `parseKnownIssues` reads it. `ticket` is what somebody has to write; entries under one `says` are one
 * cause, which stands over them as a comment.
 */
export function knownIssuesText(groups: { says: string; issues: NewIssue[] }[]): string {
  const head = [
    '# Failures that are accepted for now. An entry that passes, fails otherwise or fits no case fails the run.',
    '# "ticket" says where each is reported; "expires: YYYY-MM-DD" ends it; "*" in "case" stands for any characters.',
    '',
  ]
  if (groups.length === 0) return [...head, ''].join('\n')
  const blocks = groups.map(({ says, issues }) => {
    const entries = issues.map(issue => ({ ...issue, ticket: 'not reported yet' }))
    return `# ${says.replace(/\s+/g, ' ')}\n${stringify(entries, { lineWidth: 0 })}`
  })
  return [...head, blocks.join('\n')].join('\n')
}
