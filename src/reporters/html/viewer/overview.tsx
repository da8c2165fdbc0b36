import type { StatementOutcome } from '../../../model/report.ts'
import { caseCounts } from '../../counting/counts.ts'
import { headline, problemDetails } from '../../text/headline.ts'
import { visible } from '../../text/visible.ts'
import { duration } from '../../text/words.ts'
import { CauseRow } from './causes.tsx'
import { Exploration, PacketMap } from './machines.tsx'
import { Facts, FindingBlock } from './parts.tsx'
import type { ReportData } from './report-data.ts'

const causesShown = 8

export function Overview({ data }: { data: ReportData }) {
  const { report, causes } = data
  const { target } = report
  const state = { 0: 'pass', 4: 'inconclusive' }[report.exitCode] ?? 'fail'
  return (
    <>
      <header class={`verdict ${state}`}>
        <p class="headline">{visible(headline(report), 1000)}</p>
        {problemDetails(report).map((line, at) => (
          <p key={at} class="quiet">
            {visible(line, 1000)}
          </p>
        ))}
        <p class="quiet">{caseCounts(report)}</p>
      </header>
      <Scores statements={report.statements} />
      {report.findings.length > 0 && (
        <section>
          <h2>Claims of the profile that do not hold</h2>
          {report.findings.map((finding, at) => (
            <FindingBlock key={at} finding={finding} />
          ))}
        </section>
      )}
      {(report.knownIssues?.violations.length ?? 0) > 0 && (
        <section>
          <h2>Known issues that no longer hold</h2>
          <ul>
            {report.knownIssues?.violations.map(text => (
              <li key={text}>{visible(text, 1000)}</li>
            ))}
          </ul>
        </section>
      )}
      {causes.length > 0 && (
        <section>
          <h2>
            <a href="#/causes">Causes</a> <span class="quiet">{causes.length}</span>
          </h2>
          <ol class="causes">
            {causes.slice(0, causesShown).map(cause => (
              <CauseRow key={cause.name} cause={cause} />
            ))}
          </ol>
          {causes.length > causesShown && (
            <p>
              <a href="#/causes">and {causes.length - causesShown} more</a>
            </p>
          )}
        </section>
      )}
      <PacketMap data={data} />
      <Sections statements={report.statements} />
      {report.explored && <Exploration explored={report.explored} />}
      <section>
        <h2>The run</h2>
        <Facts
          facts={[
            ['target', `${target.name} (${target.role}, ${target.address})`],
            ['behind', target.behind ? `${target.behind.name} (${target.behind.address})` : ''],
            ['MQTT', target.versions.join(', ')],
            [
              'time',
              `${duration(report.durationMs)}, ${duration(report.sleptMs)} of rules about time`,
            ],
            ['seed', String(report.seed)],
            ['exit code', String(report.exitCode)],
            ['started', report.startedAt],
            ['mqttspec', report.mqttspec],
            ...Object.entries(target.fingerprint).map(([name, value]): [string, string] => [
              name,
              String(value),
            ]),
          ]}
        />
      </section>
    </>
  )
}

/** Of the statements that were tested, how many hold, by level and version. */
function Scores({ statements }: { statements: StatementOutcome[] }) {
  const versions = versionsOf(statements)
  const tested = statements.filter(({ outcome }) => outcome === 'met' || outcome === 'broken')
  if (tested.length === 0) return null
  return (
    <section class="scores" aria-label="score">
      {(['MUST', 'SHOULD', 'MAY'] as const).map(level => {
        const own = tested.filter(one => one.level === level)
        const met = own.filter(({ outcome }) => outcome === 'met').length
        if (own.length === 0) return null
        return (
          <div class={`score ${met === own.length ? 'met' : 'broken'}`} key={level}>
            <b>
              {level} {met}/{own.length}
            </b>
            <meter min={0} max={own.length} value={met} aria-label={`${level} met`} />
            <span class="quiet">
              {versions
                .map(version => {
                  const here = own.filter(({ id }) => id.startsWith(`${version}:`))
                  const good = here.filter(({ outcome }) => outcome === 'met').length
                  return here.length === 0 ? '' : `${version}: ${good}/${here.length}`
                })
                .filter(text => text !== '')
                .join(' · ')}
            </span>
          </div>
        )
      })}
    </section>
  )
}

/** `4.3` of `5.0:MQTT-4.3.3-10`. */
export function sectionOf(id: string): string {
  return (
    /(\d+\.\d+)/.exec(id.slice(id.indexOf(':') + 1))?.[1] ?? /(\d+)/.exec(id.slice(4))?.[1] ?? '?'
  )
}

/** The sections of each standard as a map: the redder, the more of it is broken. */
function Sections({ statements }: { statements: StatementOutcome[] }) {
  const versions = versionsOf(statements)
  if (versions.length === 0) return null
  return (
    <section>
      <h2>Sections of the standard</h2>
      {versions.map(version => {
        const sections = new Map<string, StatementOutcome[]>()
        for (const one of statements.filter(({ id }) => id.startsWith(`${version}:`))) {
          const section = sectionOf(one.id)
          sections.set(section, [...(sections.get(section) ?? []), one])
        }
        const sorted = [...sections].sort(([a], [b]) => compareSections(a, b))
        return (
          <div class="map" key={version}>
            <h3>{version}</h3>
            <div class="tiles">
              {sorted.map(([section, own]) => (
                <Tile key={section} version={version} section={section} own={own} />
              ))}
            </div>
          </div>
        )
      })}
    </section>
  )
}

function Tile(props: { version: string; section: string; own: StatementOutcome[] }) {
  const { version, section, own } = props
  const number = (wanted: StatementOutcome['outcome']) =>
    own.filter(({ outcome }) => outcome === wanted).length
  const [met, broken] = [number('met'), number('broken')]
  const state = broken > 0 ? 'broken' : met > 0 ? 'met' : 'untested'
  const share = met + broken === 0 ? 0 : broken / (met + broken)
  const text = `§${section} of ${version}: ${met} met, ${broken} broken, ${own.length - met - broken} not tested`
  return (
    <a
      class={`tile ${state}`}
      style={{ '--share': String(0.25 + 0.75 * share) }}
      href={`#/statements?section=${version}:${section}`}
      title={text}
      aria-label={text}
    >
      {section}
      <small>{broken > 0 ? `${broken}/${met + broken}` : met > 0 ? met : '–'}</small>
    </a>
  )
}

function compareSections(a: string, b: string): number {
  const [one, other] = [a, b].map(text => text.split('.').map(Number))
  return (one?.[0] ?? 0) - (other?.[0] ?? 0) || (one?.[1] ?? 0) - (other?.[1] ?? 0)
}

function versionsOf(statements: StatementOutcome[]): string[] {
  return [...new Set(statements.map(({ id }) => id.slice(0, id.indexOf(':'))))].sort()
}
