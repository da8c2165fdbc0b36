import { useMemo } from 'preact/hooks'
import type { CaseResult } from '../../../model/report.ts'
import { knownWords } from '../../text/headline.ts'
import { visible } from '../../text/visible.ts'
import { count, duration } from '../../text/words.ts'
import { Ladder } from './ladder.tsx'
import { Messages } from './messages.tsx'
import { Badge, Copied, Facts, FindingBlock, StatementLink } from './parts.tsx'
import { type ReportData, withBytes } from './report-data.ts'
import { caseLink } from './route.ts'

export function CasePage({ data, id }: { data: ReportData; id: string }) {
  const written = data.byId.get(id)
  if (!written) return <p>The report has no case {visible(id, 300)}.</p>
  const outcome = data.outcomes.get(written) ?? 'pass'
  const cause = data.causes.find(one => one.cases.includes(written.id))
  return (
    <article class={`case-page ${outcome}`}>
      <Neighbours data={data} id={written.id} />
      <h1>
        <Badge outcome={outcome} /> <span class="code">{visible(id, 300)}</span>
      </h1>
      <p class="lead">{visible(written.title, 1000)}</p>
      {written.about !== undefined && (
        <p class="about">{visible(written.about.replace(/\s+/g, ' '), 3000)}</p>
      )}
      {cause && (
        <p>
          Cause:{' '}
          <a href={`#/causes/${encodeURIComponent(cause.name)}`}>{visible(cause.says, 300)}</a>
        </p>
      )}
      {written.findings.slice(0, 30).map((finding, at) => (
        <FindingBlock key={at} finding={finding} />
      ))}
      {written.findings.length > 30 && <p>and {written.findings.length - 30} more</p>}
      <Runs result={written} target={data.report.target.name} />
      <CaseFacts result={written} />
      <h2>Again</h2>
      <Copied text={written.replay} />
    </article>
  )
}

function Neighbours({ data, id }: { data: ReportData; id: string }) {
  const results = data.report.results
  const loud = results.filter(one => !['pass', 'skipped'].includes(data.outcomes.get(one) ?? ''))
  const among = loud.some(one => one.id === id) ? loud : results
  const at = among.findIndex(one => one.id === id)
  const [before, after] = [among[at - 1], among[at + 1]]
  return (
    <nav class="neighbours" aria-label="neighbours">
      {before ? (
        <a id="before" href={caseLink(before.id)}>
          ← before (k)
        </a>
      ) : (
        <span />
      )}
      <span class="quiet">
        {at + 1} of {among.length}
      </span>
      {after ? (
        <a id="after" href={caseLink(after.id)}>
          next (j) →
        </a>
      ) : (
        <span />
      )}
    </nav>
  )
}

function Runs({ result, target }: { result: CaseResult; target: string }) {
  const { trace } = useMemo(() => withBytes(result), [result])
  const first = useMemo(() => (result.first ? firstOf(result, result.first) : undefined), [result])
  return (
    <>
      {first && (
        <>
          <h2>At first</h2>
          <Ladder trace={first.trace} findings={first.findings} target={target} />
        </>
      )}
      <h2>{first ? 'Run again' : 'What passed'}</h2>
      {trace.length === 0 ? (
        <p class="quiet">
          The report has no trace of this case (<code>--trace all</code> keeps those of all).
        </p>
      ) : (
        <>
          <Ladder trace={trace} findings={result.findings} target={target} />
          <Messages trace={trace} />
        </>
      )}
    </>
  )
}

function firstOf(
  result: CaseResult,
  { trace, findings }: NonNullable<CaseResult['first']>,
): CaseResult {
  return withBytes({ ...result, trace, findings })
}

function CaseFacts({ result }: { result: CaseResult }) {
  const { known, place, reason, covers, bugs, kills, notes, first, transport } = result
  return (
    <Facts
      facts={[
        ['why', reason],
        ['known', known === undefined ? '' : `${known.ticket}: ${knownWords[known.outcome]}`],
        ['at first', first === undefined ? '' : first.reason],
        [
          'covers',
          covers.length === 0
            ? ''
            : covers.map(id => (
                <p key={id}>
                  <StatementLink id={id} />
                </p>
              )),
        ],
        ['bugs', bugs.join(', ')],
        ['caught', kills ? `${count(kills, 'flaw')} of the proof` : ''],
        ['transport', transport ?? ''],
        ['notes', (notes ?? []).join('; ')],
        ['took', duration(result.durationMs)],
        ['suite', `${place.file}:${place.line}:${place.column}`],
      ]}
    />
  )
}
