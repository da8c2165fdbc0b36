import { type StaticDecode, Type } from 'typebox'
import { report } from './report.ts'
import { result, statementOutcome } from './result.ts'
import { text, texts, version } from './values.ts'

/*
 * How a report stands in a file. Most cases pass, and of each of them a line would say what all others of its scenario say too; a report of
 * 3,000 of them has 2 MB so. Here a scenario stands once and names its cases, and what asks for attention stands whole in `results`.
 * Nothing is lost: `reading/whole-report.ts` makes the report of it again.
 */

const caseInFile = Type.Union(
  [
    Type.Number({
      minimum: 0,
      description: 'It passed, in so many ms, and nothing else is to be said of it.',
    }),
    Type.String({ description: 'It was skipped for this reason.' }),
    Type.Object(
      { verdict: result.properties.verdict },
      { description: 'It stands whole in `results`.' },
    ),
  ],
  { description: 'What became of a case.' },
)

export const scenarioInFile = Type.Object({
  id: Type.String({
    description:
      'Its name within the suite. Suite, `/`, this and the name of a case are the id of the case: `qos2/broker-receives`, `pubrec-lost`, `:5.0:close=rst`.',
  }),
  title: text,
  about: result.properties.about,
  at: Type.String({ pattern: '^[0-9]+:[0-9]+$', description: 'Line and column in the file.' }),
  covers: Type.Partial(Type.Record(version, texts), {
    description: 'Statements by version: `{ "5.0": ["MQTT-4.3.3-10"] }`.',
  }),
  bugs: Type.Optional(result.properties.bugs),
  kills: result.properties.kills,
  transport: result.properties.transport,
  judges: result.properties.judges,
  cases: Type.Record(Type.String(), caseInFile, {
    description: 'In the order of the run: `":5.0:qos=2": 12.5`.',
  }),
})

export const suiteInFile = Type.Object({
  suite: Type.String({ description: 'Empty for cases whose id does not begin with their suite.' }),
  file: text,
  scenarios: Type.Array(scenarioInFile),
})

const { results, statements, ...head } = report.properties

export const reportFile = Type.Object({
  ...head,
  replay: Type.Optional(
    Type.String({ description: 'The command that runs a case again, with `$case` for its id.' }),
  ),
  suites: Type.Array(suiteInFile, {
    description:
      'All cases in the order of the run, by scenario. A scenario or suite stands here again where others came between.',
  }),
  results: Type.Array(result, {
    description:
      'Every case that did not pass, and those of which there is more to say than that: whole.',
  }),
  statements: Type.Array(
    Type.Object({
      ...statementOutcome.properties,
      cases: Type.Optional(
        Type.Array(text, {
          description:
            'Ids of the cases that cover it, where these are not those whose scenario says so.',
        }),
      ),
    }),
  ),
})

export type ReportFile = StaticDecode<typeof reportFile>
export type SuiteInFile = StaticDecode<typeof suiteInFile>
export type ScenarioInFile = StaticDecode<typeof scenarioInFile>

/** How reports stood in files before: every case whole. */
export const reportOfSchema1 = Type.Object({ ...report.properties, schema: Type.Literal(1) })
