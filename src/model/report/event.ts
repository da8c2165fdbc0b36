import { type TProperties, type TSchema, Type } from 'typebox'
import type { FactKind, FactKinds } from '../../faults/fault.ts'
import { type Fault, faults } from '../../faults/index.ts'
import { packetTypes } from '../packet-type.ts'
import { appCommand, appEvent } from './app.ts'
import { finding } from './finding.ts'
import { packet } from './packet.ts'
import { count, hex, ms, place, statement, text, texts, version } from './values.ts'

const party = Type.Enum(['harness', 'target', 'upstream'], {
  description: 'upstream: the broker behind a proxy, which is not the target.',
})

/** The subprotocols that the one side offered when a connection became a WebSocket, and the one that the other chose. */
export const upgrade = Type.Object({
  offered: Type.Array(text, { description: 'Subprotocols of the one that dialled.' }),
  chosen: Type.Optional(Type.String({ description: 'The one that the other selected.' })),
})

const packetType = Type.Enum([...packetTypes])
const cut = Type.Enum(['fin', 'rst'])
const stop = Type.Enum(['term', 'kill'])

const facts: { [K in FactKind]: TSchema & { '~unsafe'?: FactKinds[K] } } = {
  packet: packetType,
  packets: Type.Array(packetType),
  whole: count,
  ms,
  side: Type.Enum(['client', 'broker'], {
    description: 'At a proxy: the side whose packet it was.',
  }),
  sides: Type.Enum(['client', 'broker', 'both']),
  cut,
  stop,
}

/** Each fault says itself what its record holds. */
export const fault = Type.Unsafe<Fault>(
  Type.Union(
    Object.values(faults).map(({ kind, facts: held }) => {
      const fields = Object.entries(held).map(([name, is]: [string, FactKind]) => [
        name.replace('?', ''),
        name.endsWith('?') ? Type.Optional(facts[is]) : facts[is],
      ])
      return Type.Object({ kind: Type.Literal(kind), ...Object.fromEntries(fields) })
    }),
  ),
)

/** What every event carries: its index in the trace and its time. */
const stamp = {
  seq: count,
  at: Type.Number({ minimum: 0, description: 'Ms since the case began.' }),
  leftOutBytes: Type.Optional(
    Type.Integer({ minimum: 0, description: 'Where long values of it were cut: how many bytes.' }),
  ),
}

/** One connection of a case, numbered from 1 in the order they open. */
const onConnection = { connection: count, actor: text }

function stamped<const K extends string, F extends TProperties>(kind: K, fields: F) {
  return Type.Object({ kind: Type.Literal(kind), ...stamp, ...fields })
}

export const event = Type.Union([
  stamped('open', {
    ...onConnection,
    by: party,
    version,
    leg: Type.Optional(
      Type.Enum(['client', 'broker'], {
        description: 'At a proxy: whom the connection leads to.',
      }),
    ),
    peer: Type.Optional(
      Type.String({ description: 'At a proxy: the application or the broker behind.' }),
    ),
    upgrade: Type.Optional(upgrade),
  }),
  stamped('packet', {
    ...onConnection,
    from: party,
    packet,
    bytes: hex,
    auto: Type.Optional(
      Type.Literal(true, { description: 'Sent by the automatic mode, not by a step.' }),
    ),
  }),
  /** Bytes that are no whole packet: `partial` (a prefix), `raw` (sent on purpose), `garbage` (could not be decoded). */
  stamped('bytes', {
    ...onConnection,
    from: party,
    bytes: hex,
    why: Type.Enum(['partial', 'raw', 'garbage']),
  }),
  /** `by: target` also where the target reset the connection; `how: rst` then. */
  stamped('close', {
    ...onConnection,
    by: party,
    how: cut,
    textFrame: Type.Optional(
      Type.Literal(true, {
        description: 'We dropped a WebSocket on which the other side sent a text frame.',
      }),
    ),
  }),
  stamped('fault', { actor: text, connection: Type.Optional(count), fault }),
  /** The target process was stopped (`down`) and serves again (`up`). */
  stamped('restart', { phase: Type.Enum(['down', 'up']), how: stop }),
  stamped('command', { actor: text, command: appCommand }),
  stamped('app', { actor: text, event: appEvent }),
  stamped('step', {
    index: count,
    actor: Type.Optional(text),
    text,
    place,
    breaks: Type.Optional(
      Type.Array(statement, {
        description: 'Statements that the scenario breaks on purpose by this step.',
      }),
    ),
  }),
  /**
   * A fence closed: anything the target owed these actors before it must have been seen by now. `ping` fences prove only that the
   * target read all we sent on that connection; `sentinel` fences also flush deliveries on the sentinel's topic and QoS.
   */
  stamped('fence', { actors: texts, how: Type.Enum(['ping', 'sentinel', 'nonce', 'quiet']) }),
  /** A wait that a rule about time demands. */
  stamped('wait', { rule: text, ms }),
  stamped('finding', { finding }),
  stamped('note', { text }),
])
