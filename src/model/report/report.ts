import { Type } from 'typebox'
import { profileOutcome } from './conformance-profile.ts'
import { exploration } from './exploration.ts'
import { finding } from './finding.ts'
import { cause, knownIssuesSummary, result, statementOutcome, verdict } from './result.ts'
import { count, ms, text, version } from './values.ts'

/** Number of the form this folder describes. Fields may be added to it; a field that changes or goes makes it 3. */
export const schemaNumber = 2

export const targetInfo = Type.Object({
  name: text,
  role: Type.Enum(['broker', 'client']),
  address: Type.String({ description: 'Without credentials.' }),
  product: Type.Optional(
    Type.String({ description: 'The version of what was tested, as it or its user says.' }),
  ),
  versions: Type.Array(version),
  fingerprint: Type.Record(
    Type.String(),
    Type.Union([Type.String(), Type.Number(), Type.Boolean()]),
    {
      description: 'Legal choices seen at the start: `delivers: at-pubrel`, `receiveMaximum: 20`.',
    },
  ),
  behind: Type.Optional(
    Type.Object(
      { name: text, address: text },
      { description: 'The broker behind the proxies, which was not judged.' },
    ),
  ),
})

export const report = Type.Object({
  mqttspec: Type.String({ description: 'Version of mqttspec.' }),
  schema: Type.Literal(schemaNumber),
  startedAt: Type.String({ format: 'date-time', description: 'ISO 8601, UTC.' }),
  durationMs: ms,
  sleptMs: Type.Number({
    minimum: 0,
    description: 'Ms slept because a rule about time asks for it.',
  }),
  seed: Type.Integer(),
  exitCode: count,
  shard: Type.Optional(
    Type.Object({ index: count, count }, { description: 'Which part of a run that was split.' }),
  ),
  problem: Type.Optional(
    Type.String({
      description:
        'What went wrong with the run as a whole (exit 2, 3, 70), or that it was interrupted.',
    }),
  ),
  target: targetInfo,
  summary: Type.Record(verdict, count),
  findings: Type.Array(finding, {
    description: 'About the target as a whole: claims of its profile that do not hold.',
  }),
  results: Type.Array(result),
  statements: Type.Array(statementOutcome),
  causes: Type.Optional(
    Type.Array(cause, {
      description:
        'Why cases failed or warned, what asks for work first on top. Reports of older versions have none.',
    }),
  ),
  profile: Type.Optional(profileOutcome),
  knownIssues: Type.Optional(knownIssuesSummary),
  explored: Type.Optional(exploration),
})
