import type { CaseResult, RunHead, RunReport } from '../model/report.ts'
import { neverBegan } from './counting/counts.ts'
import { type Paper, paper } from './pretty/paper.ts'
import { progress } from './pretty/progress.ts'
import { sections } from './pretty/sections.ts'
import { suiteLines } from './pretty/suites.ts'
import type { Reporter, ReporterOptions } from './reporter.ts'
import { fit, textWidth, wrap } from './text/columns.ts'
import { visible } from './text/visible.ts'
import { count } from './text/words.ts'

/**
 * For people. While cases run: a line per suite as it completes, its trouble under it, and on a terminal one live line.
 * At the end: each failure drawn once, what is known or skipped in short, and the verdict last, where the eye is.
 */
export function pretty(options: ReporterOptions): Reporter {
  const page = paper(options)
  const live = progress(page, options)
  const results = new Map<string, CaseResult[]>()
  const printed = new Set<string>()
  let head: RunHead | undefined

  const suiteDone = (suite: string) => {
    printed.add(suite)
    return lines(suiteLines(suite, results.get(suite) ?? [], page, options))
  }
  const isWhole = (suite: string) =>
    head !== undefined &&
    results.get(suite)!.length === head.cases.filter(one => one.suite === suite).length

  return {
    begin(run) {
      head = run
      live.begin(run.cases.length)
      return live.clear() + lines(headLines(run, run.cases.length, page)) + live.draw()
    },
    caseBegun(id) {
      live.caseBegun(id)
      return live.draw()
    },
    caseDone(result) {
      live.caseDone(result)
      const known = results.get(result.suite) ?? []
      const others = known.filter(({ id }) => id !== result.id)
      results.set(result.suite, [...others, result])
      // A case that turned out to come and go: the line of its suite is drawn anew at the end.
      const isRevised = others.length < known.length
      if (isRevised) printed.delete(result.suite)
      const text = !isRevised && isWhole(result.suite) ? suiteDone(result.suite) : ''
      return live.clear() + text + live.draw()
    },
    tick(elapsedMs) {
      live.tick(elapsedMs)
      return live.draw()
    },
    cancel: () => live.clear(),
    end(report) {
      let text = live.clear()
      if (head === undefined) text += lines(headLines(report, report.results.length, page))
      // Suites that never completed, after --bail or Ctrl-C, and all of them where a saved report is shown.
      for (const [suite, own] of bySuite(report)) {
        if (printed.has(suite)) continue
        results.set(suite, own)
        if (!own.every(result => neverBegan(result) || result.verdict === 'skipped')) {
          text += suiteDone(suite)
        }
      }
      return text + lines(sections(report, page, options))
    },
  }
}

function headLines(run: RunHead | RunReport, cases: number, page: Paper): string[] {
  const { target } = run
  const { board } = target.fingerprint
  const { behind } = target
  const about = [
    target.role,
    visible(target.address, 200),
    target.product === undefined ? '' : visible(target.product, 60),
    board === undefined ? '' : visible(`${board} board`, 40),
    behind === undefined ? '' : visible(`${behind.name} behind the proxies`, 100),
  ]
    .filter(word => word !== '')
    .join(', ')
  const facts = [
    `mqttspec ${visible(run.mqttspec, 40)}`,
    `${visible(target.name, 100)} (${about})`,
    ...(target.versions.length > 0 ? [`MQTT ${target.versions.join(', ')}`] : []),
    `seed ${run.seed}`,
    count(cases, 'case'),
  ]
  const wrapped = inLines(facts, page).flatMap(line => wrap(line, page.columns))
  return [...wrapped.map(line => page.paint.bold(fit(line, page.columns))), '']
}

/** As many facts on a line as fit; none is broken that fits on one. */
function inLines(facts: string[], page: Paper): string[] {
  const lines: string[] = []
  for (const fact of facts) {
    const longer = lines.length > 0 ? `${lines.at(-1)}${page.dot}${fact}` : fact
    if (lines.length > 0 && textWidth(longer) <= page.columns) lines[lines.length - 1] = longer
    else lines.push(fact)
  }
  return lines
}

function bySuite(report: RunReport): Map<string, CaseResult[]> {
  const suites = new Map<string, CaseResult[]>()
  for (const result of report.results) {
    const own = suites.get(result.suite)
    if (own === undefined) suites.set(result.suite, [result])
    else own.push(result)
  }
  return suites
}

/** A line that begins with `::` would be a command to the runner of a GitHub job. */
function lines(texts: string[]): string {
  return texts.map(text => `${text}\n`.replace(/^(\s*):(?=:)/gm, '$1\\x3a')).join('')
}
