import type { Finding } from '../../model/finding.ts'
import type { CaseResult } from '../../model/report.ts'
import { resultText, withoutTraces } from '../json.ts'
import { visible } from '../text/visible.ts'

/**
 * Traces of passing cases go into a page until they take so many events: they are looked at now and then, and a report that only holds
 * them has to stay small all the same.
 */
const passingEventsMax = 30_000

/** How many characters the traces in a page may have together, and all else of the results: a browser opens such a page at once. */
type Room = { traces: number; texts: number }
const roomOfPage: Room = { traces: 24 * 1024 * 1024, texts: 8 * 1024 * 1024 }

/** The JSON of each result, in order; what went wrong is given room first. What had none is told in the notes of its case. */
export function resultTexts(results: readonly CaseResult[], room: Room = roomOfPage): string[] {
  const left = { ...room }
  const texts = results.map(result => (isQuiet(result) ? '' : fitted(result, left)))
  let eventsLeft = passingEventsMax
  return results.map((result, index) => {
    if (!isQuiet(result)) return texts[index]!
    if (eventsLeft > 0) eventsLeft -= result.trace.length
    return fitted(eventsLeft > 0 ? result : withoutTraces(result), left)
  })
}

function isQuiet({ verdict }: CaseResult): boolean {
  return verdict === 'pass' || verdict === 'skipped'
}

/** As much of a result as there is room for: all, all but its trace, or the least that tells what became of it. */
function fitted(result: CaseResult, left: Room): string {
  const bare = withoutTraces(result)
  const textChars = resultText(bare, 'all').length
  if (textChars > left.texts) return resultText(least(bare), 'all')
  left.texts -= textChars
  const whole = resultText(result, 'all')
  const traceChars = whole.length - textChars
  if (traceChars > left.traces) return resultText(noted(bare, 'the trace is'), 'all')
  left.traces -= traceChars
  return whole
}

function least({ about: _, first: __, ...bare }: CaseResult): CaseResult {
  const rest = bare.findings.length > 1 ? 'all findings but the first are' : 'the whole text is'
  return {
    ...noted(bare, `the trace and ${rest}`),
    title: visible(bare.title, leastChars),
    reason: visible(bare.reason, leastChars),
    findings: bare.findings.slice(0, 1).map(shortFinding),
    bugs: [],
  }
}

const leastChars = 300

function shortFinding({ nearestMiss: _, ...finding }: Finding): Finding {
  const { message, expected, got } = finding
  return {
    ...finding,
    message: visible(message, leastChars),
    expected: visible(expected, leastChars),
    got: visible(got, leastChars),
  }
}

function noted(result: CaseResult, what: string): CaseResult {
  const note = `${what} left out of this page, which would be too large; the JSON report has it`
  return { ...result, notes: [...(result.notes ?? []).slice(0, 4), note] }
}
