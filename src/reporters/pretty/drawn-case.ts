import type { Finding, Place } from '../../model/finding.ts'
import type { CaseResult, Cause } from '../../model/report.ts'
import { outcomeOf } from '../counting/counts.ts'
import { type Group, othersOf } from '../counting/groups.ts'
import { drawRuns } from '../counting/runs.ts'
import { fit, wrap } from '../text/columns.ts'
import { detailsOf } from '../text/details.ts'
import { saysOf } from '../text/headline.ts'
import { visible } from '../text/visible.ts'
import { count } from '../text/words.ts'
import { inTone, type Paper, sign } from './paper.ts'

/** Findings told in full for one case; the ladder marks the others. */
const findingsMax = 4

/** One case with all that someone needs to believe it and to repeat it. */
export function drawnCase(group: Group, target: string, page: Paper): string[] {
  const { first, cause } = group
  const name = wrap(visible(first.id, 300), page.columns - 2, 3).map(part => page.paint.bold(part))
  const title = wrap(visible(first.title, 300), page.columns - 2, 2)
  return [
    ...(cause && (cause.cases.length > 1 || cause.heldBack || cause.fix)
      ? causeLines(cause, page)
      : []),
    `${sign(outcomeOf(first), page)} ${name.join('\n  ')}`,
    ...title.map(line => `  ${line}`),
    ...aboutCase(first, page),
    '',
    ...ladder(first, target, page),
    ...alsoIn(group, page),
    ...againLines(first, page),
  ]
}

/** What all cases of a cause have in common, over the simplest of them. */
function causeLines(cause: Cause, page: Paper): string[] {
  const { cases, says, statements, heldBack, fix } = cause
  const n = heldBack
    ? `${count(cases.length, 'case')}, ${heldBack} more not run for it`
    : count(cases.length, 'case')
  const head = wrap(`${n}: ${visible(says, 400)}`, page.columns, 3)
  const refs = statements.length > 1 ? wrap(statements.join(', '), page.columns - 2, 2) : []
  return [
    ...head.map(line => page.paint.bold(line)),
    ...refs.map(line => `  ${page.paint.dim(line)}`),
    ...(fix === undefined
      ? []
      : wrap(`mend it: ${fix}`, page.columns - 2, 3).map(line => `  ${line}`)),
    '',
  ]
}

/** The replay line, whole however wide: it is there to be copied. */
export function againLines({ replay }: CaseResult, { paint }: Paper): string[] {
  return replay === '' ? [] : [`  ${paint.dim('again:')} ${paint.cyan(visible(replay, 600))}`]
}

function aboutCase(result: CaseResult, page: Paper): string[] {
  const told = result.findings.slice(0, findingsMax)
  const rest = result.findings.length - told.length
  if (told.length === 0)
    return [...field('why', result.reason, page), ...field('at', placeText(result.place), page)]
  return [
    ...told.flatMap(finding => findingLines(finding, page, result.place)),
    ...(rest > 0 ? [page.paint.dim(`  and ${rest} more in this case`)] : []),
  ]
}

/** What broke, what the standard says, and what came instead. */
export function findingLines(finding: Finding, page: Paper, fallback?: Place): string[] {
  const { level, statement, judge, about } = finding
  const colour = level === 'MUST' ? page.paint.red : page.paint.yellow
  const place = finding.at ?? fallback
  const kind = about === undefined ? judge : `${judge}, ${about}`
  const head = fit(`${level} ${visible(statement, 100)}`, page.columns - 6 - kind.length, page.more)
  return [
    `  ${colour(head)} ${page.paint.dim(`(${kind})`)}`,
    ...field('found', finding.message, page),
    ...field('says', saysOf(statement) ?? '', page),
    ...detailsOf(finding).flatMap(([name, text]) => field(name, text, page)),
    ...field('at', place === undefined ? '' : placeText(place), page),
  ]
}

function placeText(place: Place): string {
  return `${place.file}:${place.line}:${place.column}`
}

function field(name: string, text: string, page: Paper): string[] {
  if (text === '') return []
  const label = name.padEnd(9)
  return wrap(visible(text, 600), page.columns - 13, 5).map((line, index) =>
    index === 0 ? `    ${page.paint.dim(label)}${line}` : `    ${' '.repeat(9)}${line}`,
  )
}

function ladder(result: CaseResult, target: string, page: Paper): string[] {
  const { columns, ascii } = page
  const lines = drawRuns(result, { columns, ascii, target })
  if (lines.length === 0) return []
  return [...lines.map(line => inTone(line.tone, line.text, page)), '']
}

function alsoIn(group: Group, page: Paper): string[] {
  if (group.others.length === 0) return []
  const names = othersOf(group).join(', ')
  return wrap(visible(names, 4000), page.columns - 10, 3).map(
    (line, index) => `  ${page.paint.dim(index === 0 ? 'also: ' : '      ')} ${line}`,
  )
}
