import { Type } from 'typebox'
import { fromHex } from '../text/hex.ts'
import { count, numbers, payload, text } from './values.ts'

/** What an adapter hands over is its own affair: only what looks like bytes that we wrote is read as bytes. */
const given = Type.Decode(Type.Record(Type.String(), Type.Unknown()), fields =>
  Object.fromEntries(
    Object.entries(fields).map(([name, value]): [string, unknown] => [
      name,
      isWrittenHex(value) ? fromHex(value.hex) : value,
    ]),
  ),
)

function isWrittenHex(value: unknown): value is { hex: string } {
  const isHex = typeof value === 'object' && value !== null && 'hex' in value
  return isHex && typeof value.hex === 'string' && /^([0-9a-f]{2})*$/.test(value.hex)
}

/** The library told the application that its request is complete, or, with `error`, that it failed. */
const told = { tag: text, error: Type.Optional(text) }

/** What the application on top of a client under test said, through its adapter (fixtures/targets/clients/README.md: the adapter protocol). */
export const appEvent = Type.Union([
  Type.Object({ event: Type.Literal('ready') }),
  Type.Object({
    event: Type.Literal('connected'),
    sessionPresent: Type.Optional(Type.Boolean()),
    code: Type.Optional(count),
  }),
  Type.Object({
    event: Type.Literal('delivered'),
    topic: text,
    payload,
    qos: Type.Optional(count),
    retain: Type.Optional(Type.Boolean()),
    dup: Type.Optional(Type.Boolean()),
    properties: Type.Optional(given),
  }),
  Type.Object({
    event: Type.Literal('published'),
    ...told,
    id: Type.Optional(count),
    code: Type.Optional(count),
  }),
  Type.Object({ event: Type.Literal('subscribed'), ...told, codes: Type.Optional(numbers) }),
  Type.Object({ event: Type.Literal('unsubscribed'), ...told, codes: Type.Optional(numbers) }),
  Type.Object({
    event: Type.Literal('disconnected'),
    code: Type.Optional(count),
    error: Type.Optional(text),
  }),
  /** An attempt to connect ended without CONNACK. */
  Type.Object({ event: Type.Literal('connect-failed'), error: Type.Optional(text) }),
  Type.Object({ event: Type.Literal('log'), text }),
])

/** What the harness asked the application to do. */
export const appCommand = Type.Object({
  do: Type.Enum([
    'connect',
    'publish',
    'subscribe',
    'unsubscribe',
    'disconnect',
    'reauthenticate',
    'ping',
    'stop',
  ]),
  topic: Type.Optional(text),
  filter: Type.Optional(text),
  qos: Type.Optional(Type.Number()),
  payload: Type.Optional(payload),
  tag: Type.Optional(text),
  /** False where the adapter answered with an error. */
  ok: Type.Boolean(),
  error: Type.Optional(text),
})
