import { Type } from 'typebox'
import { text, texts } from './values.ts'

const outcome = Type.Enum(['pass', 'fail', 'inconclusive', 'not run'])

const profilePart = Type.Object({
  name: text,
  title: text,
  outcome,
  cases: Type.Integer({ minimum: 0, description: 'Cases that ran.' }),
  failed: texts,
  contradicts: Type.Optional(
    Type.String({
      description: 'It asks for what a statement forbids, or what none asks for: how.',
    }),
  ),
})

export const profileOutcome = Type.Object(
  { name: text, outcome, parts: Type.Array(profilePart) },
  {
    description:
      'The named set of suites that was asked for by --profile, and what became of each part: `inconclusive` where some case of it has no verdict, `not run` where all were skipped.',
  },
)
