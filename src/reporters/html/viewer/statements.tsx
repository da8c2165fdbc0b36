import type { StatementOutcome } from '../../../model/report.ts'
import { saysOf } from '../../text/headline.ts'
import { visible } from '../../text/visible.ts'
import { sectionOf } from './overview.tsx'
import { Badge, CaseLink, Facts, StatementLink } from './parts.tsx'
import type { ReportData } from './report-data.ts'

const order = ['broken', 'met', 'untested', 'untestable']

export function Statements({ data, section }: { data: ReportData; section: string }) {
  const all = data.report.statements.filter(
    ({ id }) => section === '' || `${id.slice(0, id.indexOf(':'))}:${sectionOf(id)}` === section,
  )
  const sorted = [...all].sort((a, b) => order.indexOf(a.outcome) - order.indexOf(b.outcome))
  return (
    <section>
      <h1>Statements {section !== '' && <span class="quiet">§{visible(section, 40)}</span>}</h1>
      {section !== '' && <a href="#/statements">all statements</a>}
      <table>
        <thead>
          <tr>
            <th>outcome</th>
            <th>level</th>
            <th>statement</th>
            <th>says</th>
            <th>cases</th>
          </tr>
        </thead>
        <tbody>
          {sorted.map(one => (
            <Row key={one.id} one={one} />
          ))}
        </tbody>
      </table>
    </section>
  )
}

function Row({ one }: { one: StatementOutcome }) {
  return (
    <tr class={one.outcome}>
      <td>
        <Badge outcome={one.outcome} />
      </td>
      <td>{one.level}</td>
      <td>
        <StatementLink id={one.id} />
      </td>
      <td class="says">{saysOf(one.id) ?? ''}</td>
      <td>{one.cases.length || ''}</td>
    </tr>
  )
}

export function StatementPage({ data, id }: { data: ReportData; id: string }) {
  const one = data.statements.get(id)
  const broken = data.breaking.get(id) ?? []
  if (!one && broken.length === 0) return <p>The report says nothing of {visible(id, 200)}.</p>
  const others = (one?.cases ?? []).filter(name => !broken.includes(name))
  return (
    <section>
      <h1>
        {one && <Badge outcome={one.outcome} />} <span class="code">{visible(id, 200)}</span>
      </h1>
      <blockquote>
        {saysOf(id as StatementOutcome['id']) ?? 'A section of the standard.'}
      </blockquote>
      <Facts
        facts={[
          ['level', one?.level ?? ''],
          ['section', sectionOf(id)],
        ]}
      />
      <CaseList title="Broken in" ids={broken} />
      <CaseList title="Covered by" ids={others} />
    </section>
  )
}

function CaseList({ title, ids }: { title: string; ids: readonly string[] }) {
  if (ids.length === 0) return null
  return (
    <>
      <h2>
        {title} <span class="quiet">{ids.length}</span>
      </h2>
      <ul class="plain">
        {ids.slice(0, 500).map(id => (
          <li key={id}>
            <CaseLink id={id} />
          </li>
        ))}
      </ul>
    </>
  )
}
