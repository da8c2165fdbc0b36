import { Type } from 'typebox'
import { packetTypes } from '../packet-type.ts'
import { verdicts } from '../verdict.ts'
import { event } from './event.ts'
import { finding } from './finding.ts'
import { count, level, ms, place, statement, text, texts, version } from './values.ts'

export const verdict = Type.Enum([...verdicts])

const firstRun = Type.Object(
  {
    verdict: Type.Enum(['fail', 'warn']),
    reason: text,
    durationMs: ms,
    findings: Type.Array(finding),
    trace: Type.Array(event),
    beside: Type.Array(text, { description: 'Ids of the cases that ran beside it.' }),
    proven: Type.Optional(
      Type.Literal(true, {
        description:
          'What the target sent proves the breach: it comes and goes. Left out where it may have been the doing of others.',
      }),
    ),
  },
  { description: 'Of an unstable case: what it came to at first, and did not again.' },
)

export const result = Type.Object({
  id: Type.String({
    description:
      'Permanent; selects this case on the command line: `qos2/broker-receives/pubrec-lost:5.0:close=rst`.',
  }),
  suite: text,
  title: text,
  transport: Type.Optional(
    Type.String({ description: 'What carried the packets; left out for TCP.' }),
  ),
  about: Type.Optional(Type.String({ description: 'The story the scenario tells.' })),
  version,
  verdict,
  reason: Type.String({ description: 'One sentence; empty for pass.' }),
  durationMs: ms,
  sleptMs: Type.Number({
    minimum: 0,
    description: 'Ms in waits that a rule about time demands, and in quiet windows.',
  }),
  budgetUsed: Type.Optional(
    Type.Number({
      minimum: 0,
      description:
        'The largest share of a waiting budget that an answer took, 0.5 to 1; left out below.',
    }),
  ),
  covers: Type.Array(statement),
  judges: Type.Optional(
    Type.Literal('client', {
      description:
        'It judges the other side of a connection than the target: a client of a broker that was watched.',
    }),
  ),
  bugs: Type.Array(text, { description: 'Bug classes the scenario detects.' }),
  findings: Type.Array(finding),
  notes: Type.Optional(
    Type.Array(text, {
      description: 'What the case measured and people should see beside its verdict.',
    }),
  ),
  powerCuts: Type.Optional(
    Type.Integer({ minimum: 0, description: 'Times that the power of a board was cut.' }),
  ),
  confirmed: Type.Optional(
    Type.Enum(['alone', 'company'], {
      description:
        'How a failure that the trace alone does not prove came again: with nothing else under way, or only with other cases beside it.',
    }),
  ),
  first: Type.Optional(firstRun),
  replay: Type.String({ description: 'Command that runs this one case again.' }),
  kills: Type.Optional(
    Type.Integer({
      minimum: 0,
      description: 'Flaws of reference peers that the scenario caught when it was proved.',
    }),
  ),
  place,
  trace: Type.Array(event),
  known: Type.Optional(
    Type.Object(
      {
        ticket: text,
        outcome: Type.Enum(['expected', 'passes', 'differs', 'skipped', 'expired']),
      },
      { description: 'Set where a known-issues file speaks of this case.' },
    ),
  ),
})

export const statementOutcome = Type.Object({
  id: statement,
  level,
  outcome: Type.Enum(['met', 'broken', 'untested', 'untestable']),
  cases: Type.Array(text, { description: 'Ids of the cases that cover it.' }),
})

export const cause = Type.Object(
  {
    name: Type.String({
      description: 'Letters, digits and `-`, for links. It stays while the wording does.',
    }),
    verdict: Type.Enum(['fail', 'warn']),
    level,
    statements: Type.Array(statement, {
      description: 'What it breaks, each version by its own number.',
    }),
    says: Type.String({
      description: 'What the cases found; `#` and `"..."` stand for what differs between them.',
    }),
    packet: Type.Optional(
      Type.Enum([...packetTypes], { description: 'Type of the packet by which it showed.' }),
    ),
    fix: Type.Optional(Type.String({ description: 'What mends it, where that is known.' })),
    heldBack: Type.Optional(
      Type.Integer({
        minimum: 0,
        description: 'A prerequisite that is not met: how many cases were not run because of it.',
      }),
    ),
    cases: Type.Array(text, {
      description:
        'Ids of its cases, the simplest first. Each case that failed or warned is in one cause.',
    }),
  },
  { description: 'Cases that failed, or warned, in the same way: one thing to mend.' },
)

export const knownIssuesSummary = Type.Object(
  { file: text, expected: count, violations: texts },
  {
    description: 'Accepted failures: how many were expected, and every entry that did not hold.',
  },
)
