import { type Pacing, pacings } from '../../model/pauses.ts'
import { integer, word } from '../../model/schema/scalars.ts'
import { may, must, record } from '../../model/schema/shapes.ts'
import { cite } from '../schema/statements.ts'
import { value } from '../schema/values.ts'
import type { Judging, Value } from '../step-parts.ts'
import { judged, never, nothing, type StepKinds, verb } from './step-kind.ts'

/** How each attempt of a client ends, whose pace is looked at. */
export type AttemptEnd = 'reset' | 'no-connack' | 'disconnect'

/** What is good manners of a client and no duty. */
export type MannersBodies = {
  attempts: { count: Value; by: AttemptEnd; expect: Pacing; judging: Judging }
}

const ends = ['reset', 'no-connack', 'disconnect'] as const
const asked = Object.keys(pacings) as Pacing[]

const attempts = verb({
  name: 'attempts',
  actors: ['broker'],
  kind: 'check, as advice',
  about: `Ends so many attempts of the client to connect and looks at the pauses between them. reset: as the connection opens; no-connack: behind CONNECT; disconnect: behind CONNACK, by DISCONNECT in 5.0. A miss is information: no statement says how fast a client comes back. ${asked.map(name => `${name}: ${pacings[name]}`).join(' ')}`,
  example: 'broker.attempts: { count: 5, by: no-connack, expect: back-off }',
  value: record(
    {
      count: must(value(integer(2, 20)), 'How many attempts.'),
      by: must(word('end of an attempt', [...ends]), 'How each ends.'),
      expect: must(word('pace', asked), 'What is looked at.'),
      cite: may(cite, 'The section that the advice belongs to.'),
    },
    'count, by, expect',
  ),
  body: ({ count, by, expect, cite }) => ({
    verb: 'attempts' as const,
    count,
    by,
    expect,
    judging: { as: 'check' as const, level: 'MAY' as const, ...(cite ? { cite } : {}) },
  }),
})

export const mannersKinds: StepKinds<MannersBodies> = {
  attempts: {
    written: [attempts],
    values: ({ count }) => [count],
    matches: nothing,
    connection: 'opens',
    checks: judged,
    setsOff: never,
  },
}
