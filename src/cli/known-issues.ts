import { type KnownIssue, parseKnownIssues } from '../model/known-issues.ts'
import { showProblems } from '../run/choice/choose-suites.ts'
import { UsageError } from '../run/usage-error.ts'
import { readNamedFile } from '../targets/named-file.ts'

/** The accepted failures of a file; throws UsageError with every mistake in it. */
export async function readKnownIssues(
  file: string,
): Promise<{ file: string; entries: KnownIssue[] }> {
  let text: string
  try {
    text = await readNamedFile(file)
  } catch (error) {
    throw new UsageError(`known issues: ${(error as Error).message}`)
  }
  const { entries, problems } = parseKnownIssues(file, text)
  if (problems.length > 0) throw new UsageError(showProblems(problems, [{ path: file, text }]))
  return { file, entries }
}
