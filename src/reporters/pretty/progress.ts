import type { CaseResult } from '../../model/report.ts'
import type { ReporterOptions } from '../reporter.ts'
import { fit } from '../text/columns.ts'
import { isAccepted } from '../text/headline.ts'
import { visible } from '../text/visible.ts'
import { duration } from '../text/words.ts'
import type { Paper } from './paper.ts'

/** The line that is drawn over and over while cases run. Where the page is not live, it is nothing. */
export function progress(page: Paper, { live }: Pick<ReporterOptions, 'live'>) {
  const running = new Set<string>()
  let total: number | undefined
  /** By id, for a case that comes and goes is told of twice. */
  const done = new Map<string, boolean>()
  let elapsedMs = 0
  let drawn = ''

  const text = () => {
    const failed = failures()
    const [first] = running
    const facts = [
      total === undefined ? 'starting' : `${done.size}/${total}`,
      running.size > 0 ? `${running.size} running` : '',
      failed > 0 ? `${failed} failed` : '',
      duration(elapsedMs),
      first === undefined ? '' : visible(first, 200),
    ]
    // One column stays free: a full line would wrap in some terminals, and then not be erased whole.
    return fit(facts.filter(fact => fact !== '').join(page.dot), page.columns - 1, page.more)
  }

  const failures = () => [...done.values()].filter(hasFailed => hasFailed).length

  return {
    begin(cases: number) {
      total = cases
    },
    caseBegun(id: string) {
      running.add(id)
    },
    caseDone(result: CaseResult) {
      running.delete(result.id)
      const hasFailed = result.verdict === 'fail' && !isAccepted(result)
      done.set(result.id, hasFailed || result.verdict === 'error')
    },
    tick(ms: number) {
      elapsedMs = ms
    },
    draw(): string {
      const next = text()
      if (!live || next === drawn) return ''
      drawn = next
      return eraseLine + (failures() > 0 ? page.paint.red(next) : page.paint.dim(next))
    },
    clear(): string {
      if (drawn === '') return ''
      drawn = ''
      return eraseLine
    },
  }
}

/** To the first column, then erase to the end of the line. */
const eraseLine = '\r\u001b[K'
