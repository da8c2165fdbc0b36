import type { RunReport } from '../model/report.ts'
import { comparisonText } from './counting/comparison.ts'
import { markdownPage } from './markdown.ts'
import { escapeHtml } from './text/escape-html.ts'
import { count } from './text/words.ts'

/** By this a job finds the comment that it wrote before. */
const commentMark = '<!-- mqttspec report -->'

/** GitHub takes 65,536 characters of a comment. */
const bytesMax = 60_000

/** The comment on a pull request: what changed against the base, where there is one, then the report as far as there is room. */
export function commentText(report: RunReport, base?: RunReport): string {
  const changes = base === undefined ? '' : changesOf(base, report)
  return `${commentMark}\n${markdownPage(report, bytesMax, changes)}`
}

function changesOf(base: RunReport, report: RunReport): string {
  const lines = comparisonText(base, report).trimEnd().split('\n')
  const shown: string[] = []
  let bytes = 0
  for (const line of lines.map(text => escapeHtml(text, 1000))) {
    bytes += Buffer.byteLength(line) + 1
    if (bytes > changesMax) break
    shown.push(line)
  }
  const left = lines.length - shown.length
  const more = left > 0 ? [`… ${count(left, 'more line')}: mqttspec report diff shows all`] : []
  return `\n### Against the base\n\n<pre>${[...shown, ...more].join('\n')}</pre>\n`
}

/** Bytes, as they stand in the comment. */
const changesMax = 20_000
