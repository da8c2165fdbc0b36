import { Type } from 'typebox'
import { level, ms, place, statement, text } from './values.ts'

export const judge = Type.Enum(['expectation', 'referee', 'ledger', 'audit', 'probe'])

/** A breach within a run: with the suite line that met it and the time. */
export const finding = Type.Object({
  statement,
  level,
  message: text,
  expected: text,
  got: text,
  nearestMiss: Type.Optional(
    Type.String({ description: 'What came closest to what was expected.' }),
  ),
  seq: Type.Integer({ description: 'The event of the trace it points at.' }),
  judge,
  /**
   * `durability`: the target claims a session and misses part of it after a restart; reported apart (docs/qos2.md, Restart).
   * `dispute`: the standard can be read both ways; never more than a warning.
   */
  about: Type.Optional(Type.Enum(['durability', 'dispute'])),
  absent: Type.Optional(
    Type.Literal(true, {
      description: 'It rests on what did not come: nothing in the trace proves it.',
    }),
  ),
  at: Type.Optional(place),
  atMs: ms,
})
