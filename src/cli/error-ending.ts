import { hideSecrets } from '../model/secrets.ts'
import { isSystemError, systemErrorText } from '../model/text/system-error.ts'
import { InterruptedError } from '../run/interrupted-error.ts'
import { UsageError } from '../run/usage-error.ts'
import { WishError } from '../targets/index.ts'
import { TargetError } from '../targets/target-error.ts'

/** How an error ends us, and what is said of it: on the terminal, and as the problem of a report. */
export type ErrorEnding = { exitCode: 2 | 3 | 4 | 70; says: string; problem: string }

/** Whose mistake an error is: the user's, the surroundings', or ours. */
export function endingOf(error: unknown): ErrorEnding {
  const { exitCode, says, problem } = plainEndingOf(error)
  return { exitCode, says: hideSecrets(says), problem: hideSecrets(problem) }
}

function plainEndingOf(error: unknown): ErrorEnding {
  if (error instanceof UsageError || error instanceof WishError) {
    const says = clipped(error.message)
    return { exitCode: 2, says, problem: says }
  }
  if (error instanceof InterruptedError) return told(4, error.message)
  if (error instanceof TargetError) return told(3, `${error.code}: ${error.message}`)
  if (isSystemError(error)) return told(3, systemErrorText(error))
  const text = error instanceof Error ? (error.stack ?? error.message) : String(error)
  const problem = `a bug of mqttspec itself, please report it:\n${text}`
  return { exitCode: 70, says: `mqttspec: ${problem}`, problem }
}

function told(exitCode: 3 | 4, text: string): ErrorEnding {
  const problem = clipped(text)
  return { exitCode, says: `mqttspec: ${problem}`, problem }
}

/** A word that is 100 KB long is repeated to nobody. */
const lineCharactersMax = 600

export function clipped(text: string): string {
  return text
    .split('\n')
    .map(line =>
      line.length <= lineCharactersMax
        ? line
        : `${line.slice(0, lineCharactersMax - 100)} … (${line.length} characters) … ${line.slice(-60)}`,
    )
    .join('\n')
}
