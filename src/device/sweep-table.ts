import type { SweepReport } from './sweep.ts'

const points: { [point: string]: string } = {
  'socket-op before': 'before a socket operation',
  'socket-op after': 'after a socket operation',
  'commit before': 'before a write to flash',
  'commit torn': 'in a write to flash: half of it is there',
  'commit after': 'after a write to flash',
  'erase before': 'before an erase of a sector',
  'erase torn': 'in an erase: half of the sector is erased',
  'erase after': 'after an erase',
  'program before': 'before a program of a page',
  'program torn': 'in a program: half of the page is written',
  'program after': 'after a program',
  'line before': 'before a callback has told what it got',
  'line after': 'after that',
}

/** What came of sweeps, as Markdown: kills by point, messages, losses, doubles. */
export function sweepTable(reports: readonly SweepReport[]): string {
  const sum = (of: (report: SweepReport) => number) =>
    reports.reduce((total, report) => total + of(report), 0)
  const problems = reports.flatMap(({ failures }) => failures.flatMap(each => each.problems))
  const matching = (words: RegExp) => problems.filter(each => words.test(each)).length
  const lost = /never arrived|delivered 0 times/
  const doubled = /arrived \d+ times|delivered [2-9]\d* times|taken up again/
  const rows: [string, number][] = Object.entries(points)
    .map(([point, words]): [string, number] => [words, sum(({ byPoint }) => byPoint[point] ?? 0)])
    .filter(([, count]) => count > 0)
  rows.push(
    ['**kills**', sum(({ cuts }) => cuts.first + cuts.second)],
    ['messages judged', sum(({ messages }) => messages)],
    ['lost', matching(lost)],
    ['doubled', matching(doubled)],
    ['other findings', problems.length - matching(lost) - matching(doubled)],
    ['in the one gap, between an id and its callback', sum(({ gaps }) => gaps.length)],
    ['points that a run did not come to', sum(({ notReached }) => notReached.length)],
  )
  const lines = rows.map(([words, count]) => `| ${words} | ${count} |`)
  const findings = reports.flatMap(({ flow, failures }) =>
    failures.map(({ at, problems: found }) => `- ${flow}, ${at}: ${found.join('; ')}`),
  )
  return `${['| the power went | times |', '|---|---|', ...lines, '', ...findings].join('\n').trimEnd()}\n`
}

/** A page of sections, with one of them new or written anew. */
export function withSection(page: string, title: string, text: string): string {
  const [top = '', ...sections] = page.split(/^## /m)
  const section = `${title}\n\n${text.trimEnd()}\n`
  const at = sections.findIndex(each => each.startsWith(`${title}\n`))
  if (at >= 0) sections[at] = section
  else sections.push(section)
  return [top.trimEnd(), ...sections.map(each => `## ${each.trimEnd()}`)]
    .join('\n\n')
    .trimStart()
    .concat('\n')
}
