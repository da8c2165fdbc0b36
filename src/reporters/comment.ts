import type { RunReport } from '../model/report.ts'
import { comparisonText } from './comparison.ts'
import { escapeHtml } from './escape-html.ts'
import { markdownPage } from './markdown.ts'

/** By this a job finds the comment that it wrote before. */
const commentMark = '<!-- mqttspec report -->'

/** GitHub takes 65,536 characters of a comment. */
const bytesMax = 60_000

/** The comment on a pull request: what changed against the base, where there is one, then the report as far as there is room. */
export function commentText(report: RunReport, base?: RunReport): string {
  const changes = base === undefined ? '' : changesOf(base, report)
  const room = Math.max(10_000, bytesMax - Buffer.byteLength(changes))
  return `${commentMark}\n${markdownPage(report, room, changes)}`
}

function changesOf(base: RunReport, report: RunReport): string {
  const text = comparisonText(base, report).trimEnd()
  const shown = text.length > changesMax ? `${text.slice(0, changesMax)}\n…` : text
  const lines = shown.split('\n').map(line => escapeHtml(line, 1000))
  return `\n### Against the base\n\n<pre>${lines.join('\n')}</pre>\n`
}

const changesMax = 20_000
