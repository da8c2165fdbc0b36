import { type Change, type Comparison, compareReports } from '../../causes/compare.ts'
import type { RunReport } from '../../model/report.ts'
import { visible } from '../text/visible.ts'
import { count } from '../text/words.ts'
import { scenarioOf } from './groups.ts'

/** What the kinds of changes are called, what asks for attention first. */
const titles: [kind: Exclude<keyof Comparison, 'still'>, title: string][] = [
  ['broken', 'broken'],
  ['new', 'new and failing'],
  ['changed', 'failing otherwise'],
  ['fixed', 'fixed'],
  ['gone', 'failing before, not judged now'],
]

/** Two runs held against each other, for a terminal. */
export function comparisonText(before: RunReport, after: RunReport): string {
  const comparison = compareReports(before, after)
  const lines = titles.flatMap(([kind, title]) => {
    const changes = comparison[kind]
    if (changes.length === 0) return []
    return ['', `${title} (${changes.length})`, ...byScenario(changes).flatMap(changeLines)]
  })
  return [`${nameOf(before)} → ${nameOf(after)}`, ...lines, '', summaryOf(comparison), ''].join(
    '\n',
  )
}

/** `2 broken, 3 fixed, 12 as before`. */
function summaryOf(comparison: Comparison): string {
  const parts = titles.flatMap(([kind, title]) => {
    const n = comparison[kind].length
    return n === 0 ? [] : [`${n} ${title}`]
  })
  const still = comparison.still > 0 ? [`${count(comparison.still, 'failure')} as before`] : []
  return [...parts, ...still].join(', ') || 'no failure before or after'
}

/** What was tested, in which version of it, and when. */
function nameOf({ target, startedAt }: RunReport): string {
  const { name, product = name } = target
  const shown = product.startsWith(name) ? product : `${name} ${product}`
  return `${visible(shown, 200)} (${startedAt.slice(0, 16).replace('T', ' ')})`
}

/** The changes of one scenario that say the same. */
function byScenario(changes: Change[]): [Change, ...Change[]][] {
  const groups = new Map<string, [Change, ...Change[]]>()
  for (const change of changes) {
    const key = JSON.stringify([scenarioOf(change.id), shown(change.before), shown(change.after)])
    const group = groups.get(key)
    if (group) group.push(change)
    else groups.set(key, [change])
  }
  return [...groups.values()]
}

function changeLines([first, ...others]: [Change, ...Change[]]): string[] {
  const more = others.length > 0 ? ` and ${others.length} more of that scenario` : ''
  const now = shown(first.after ?? first.before)
  return [`  ${visible(first.id, 300)}${more}`, ...(now === '' ? [] : [`      ${now}`])]
}

function shown(result: Change['after']): string {
  return result === undefined
    ? ''
    : visible(result.reason, 300).replace(/\b(id|after) \d+/g, '$1 #')
}
