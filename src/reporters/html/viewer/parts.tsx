import type { ComponentChildren } from 'preact'
import type { Finding } from '../../../model/finding.ts'
import { detailsOf } from '../../text/details.ts'
import { saysOf } from '../../text/headline.ts'
import { visible } from '../../text/visible.ts'
import { caseLink, statementLink } from './route.ts'

export function Badge({ outcome }: { outcome: string }) {
  return <span class={`badge ${outcome}`}>{outcome}</span>
}

export function CaseLink({ id }: { id: string }) {
  return (
    <a class="code" href={caseLink(id)}>
      {visible(id, 300)}
    </a>
  )
}

export function StatementLink({ id }: { id: string }) {
  return (
    <a class="code" href={statementLink(id)} title={saysOf(id as Finding['statement']) ?? ''}>
      {visible(id, 200)}
    </a>
  )
}

export function Facts({ facts }: { facts: [name: string, value: ComponentChildren][] }) {
  return (
    <dl>
      {facts
        .filter(([, value]) => value !== '' && value !== undefined)
        .map(([name, value]) => (
          <div key={name}>
            <dt>{visible(name, 100)}</dt>
            <dd>{typeof value === 'string' ? visible(value, 3000) : value}</dd>
          </div>
        ))}
    </dl>
  )
}

export function FindingBlock({ finding }: { finding: Finding }) {
  const { level, statement, message, at, judge, about } = finding
  return (
    <div class={`finding ${level}`}>
      <p>
        <strong>{level}</strong> <StatementLink id={statement} />
      </p>
      <p class="message">{visible(message, 3000)}</p>
      <Facts
        facts={[
          ['the standard', saysOf(statement) ?? ''],
          ...detailsOf(finding),
          ['at', at === undefined ? '' : `${at.file}:${at.line}:${at.column}`],
          ['judge', about === undefined ? judge : `${judge}, ${about}`],
        ]}
      />
    </div>
  )
}

/** A text that one click puts on the clipboard. */
export function Copied({ text }: { text: string }) {
  return (
    <button type="button" class="copied code" title="copy" onClick={event => copy(text, event)}>
      {visible(text, 1000)}
    </button>
  )
}

export function copy(text: string, event: { currentTarget: EventTarget | null }): void {
  const from = event.currentTarget
  void navigator.clipboard?.writeText(text).then(() => {
    if (!(from instanceof Element)) return
    from.classList.add('done')
    setTimeout(() => from.classList.remove('done'), 900)
  })
}
