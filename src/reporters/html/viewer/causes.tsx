import type { Cause } from '../../../model/report.ts'
import { visible } from '../../text/visible.ts'
import { Badge, CaseLink, StatementLink } from './parts.tsx'
import type { ReportData } from './report-data.ts'
import { casesLink } from './route.ts'

export function Causes({ data, name }: { data: ReportData; name?: string | undefined }) {
  const { causes } = data
  return (
    <section>
      <h1>Causes</h1>
      {causes.length === 0 && <p>Nothing failed.</p>}
      {causes.map(cause => (
        <article class={`cause ${cause.verdict}`} id={cause.name} key={cause.name}>
          <h2>
            <Badge outcome={cause.verdict} />{' '}
            <a href={`#/causes/${encodeURIComponent(cause.name)}`}>{visible(cause.says, 500)}</a>
          </h2>
          <p>
            {cause.statements.map(id => (
              <span key={id}>
                <StatementLink id={id} />{' '}
              </span>
            ))}
          </p>
          {cause.fix !== undefined && <p class="fix">{visible(cause.fix, 1000)}</p>}
          {cause.heldBack !== undefined && <p>{cause.heldBack} cases were held back by it.</p>}
          <p>Simplest: {cause.cases[0] !== undefined && <CaseLink id={cause.cases[0]} />}</p>
          {cause.cases.length > 1 && (
            <details open={name === cause.name}>
              <summary>{cause.cases.length} cases</summary>
              <ul class="plain">
                {cause.cases.slice(0, 400).map(id => (
                  <li key={id}>
                    <CaseLink id={id} />
                  </li>
                ))}
              </ul>
            </details>
          )}
        </article>
      ))}
    </section>
  )
}

export function CauseRow({ cause }: { cause: Cause }) {
  const { name, says, cases, verdict, heldBack } = cause
  const first = cases[0]
  return (
    <li class={verdict}>
      <a class="says" href={`#/causes/${encodeURIComponent(name)}`}>
        {visible(says, 300)}
      </a>{' '}
      <a class="quiet" href={casesLink({ cause: name })}>
        {cases.length} {cases.length === 1 ? 'case' : 'cases'}
        {heldBack === undefined ? '' : `, ${heldBack} held back`}
      </a>
      {first !== undefined && (
        <div class="small">
          <CaseLink id={first} />
        </div>
      )}
    </li>
  )
}
