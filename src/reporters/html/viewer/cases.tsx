import { useMemo, useState } from 'preact/hooks'
import type { CaseResult } from '../../../model/report.ts'
import { countOutcomes } from '../../counting/counts.ts'
import { visible } from '../../text/visible.ts'
import { duration } from '../../text/words.ts'
import { Badge } from './parts.tsx'
import type { ReportData } from './report-data.ts'
import { caseLink, casesLink } from './route.ts'

const shownAtFirst = 200

type Wish = { search: string; show: string; cause: string }

export function Cases({ data, search, show, cause }: Wish & { data: ReportData }) {
  const { report } = data
  const counts = countOutcomes(report.results)
  const found = useMemo(() => casesFor(data, { search, show, cause }), [data, search, show, cause])
  const [limit, setLimit] = useState(shownAtFirst)
  const go = (words: { q?: string; show?: string }) => {
    location.replace(casesLink({ q: search, show, cause, ...words }))
    setLimit(shownAtFirst)
  }
  return (
    <section>
      <h1>Cases</h1>
      <p class="filters">
        <input
          type="search"
          id="search"
          placeholder="id, title, statement, finding …  ( / )"
          aria-label="search cases"
          value={search}
          onInput={event => go({ q: event.currentTarget.value })}
        />
        {[...counts].map(([outcome, number]) => (
          <button
            type="button"
            key={outcome}
            class={`filter ${outcome}`}
            aria-pressed={isShown(show, outcome)}
            onClick={() => go({ show: toggled(show, outcome, [...counts.keys()]) })}
          >
            {number} {outcome}
          </button>
        ))}
      </p>
      {cause !== '' && (
        <p>
          Of the cause <a href={`#/causes/${encodeURIComponent(cause)}`}>{visible(cause, 200)}</a> ·{' '}
          <a href={casesLink({ q: search, show })}>all cases</a>
        </p>
      )}
      <p class="quiet" role="status">
        {found.length} of {report.results.length} cases
      </p>
      <ul class="cases">
        {found.slice(0, limit).map(result => (
          <CaseRow key={result.id} result={result} outcome={data.outcomes.get(result) ?? 'pass'} />
        ))}
      </ul>
      {found.length > limit && (
        <button type="button" onClick={() => setLimit(limit + 1000)}>
          {found.length - limit} more
        </button>
      )}
    </section>
  )
}

function CaseRow({ result, outcome }: { result: CaseResult; outcome: string }) {
  return (
    <li class={outcome}>
      <a href={caseLink(result.id)}>
        <Badge outcome={outcome} /> <span class="code">{visible(result.id, 300)}</span>
        <span class="quiet title">{visible(result.title, 300)}</span>
        <span class="quiet time">{duration(result.durationMs)}</span>
      </a>
    </li>
  )
}

/** What is asked for, trouble before the rest. Every word of the search has to be there. */
function casesFor(data: ReportData, { search, show, cause }: Wish): CaseResult[] {
  const words = search
    .toLowerCase()
    .split(/\s+/)
    .filter(word => word !== '')
  const ofCause = cause === '' ? undefined : data.causes.find(one => one.name === cause)
  const ids = ofCause && new Set(ofCause.cases)
  const found = data.report.results.filter(result => {
    if (ids && !ids.has(result.id)) return false
    if (!isShown(show, data.outcomes.get(result) ?? '')) return false
    if (words.length === 0) return true
    const text = textOf(result)
    return words.every(word => text.includes(word))
  })
  const rank = (result: CaseResult) => order.indexOf(data.outcomes.get(result) ?? 'pass')
  return found.sort((a, b) => rank(a) - rank(b))
}

const order = ['error', 'fail', 'unstable', 'inconclusive', 'warn', 'known', 'pass', 'skipped']

const texts = new WeakMap<CaseResult, string>()

function textOf(result: CaseResult): string {
  const known = texts.get(result)
  if (known !== undefined) return known
  const { id, title, reason, covers, bugs, findings } = result
  const said = findings.flatMap(({ statement, message, got }) => [statement, message, got])
  const text = [id, title, reason, ...covers, ...bugs, ...said].join('\n').toLowerCase()
  texts.set(result, text)
  return text
}

/** Nothing chosen shows everything. */
function isShown(show: string, outcome: string): boolean {
  return show === '' || show.split(',').includes(outcome)
}

function toggled(show: string, outcome: string, all: string[]): string {
  const chosen = show === '' ? [] : show.split(',')
  const next = chosen.includes(outcome)
    ? chosen.filter(one => one !== outcome)
    : [...chosen, outcome]
  return next.length === all.length ? '' : next.join(',')
}
