import t from 'tap'
import type { Packet, Publish } from '../../model/packet.ts'
import type { TraceBody, TraceEvent } from '../../model/trace.ts'
import { mayBeRepeat } from './earlier-copy.ts'

const bytes = new Uint8Array()
const will = { topic: 'gone', payload: Buffer.from('gone'), qos: 0, retain: false, properties: {} }

function packet(connection: number, from: 'harness' | 'target', packet: Packet): TraceBody {
  return { kind: 'packet', connection, actor: 'subscriber', from, packet, bytes }
}

function connect(connection: number, more: { clientId?: string; will?: typeof will } = {}) {
  return packet(connection, 'harness', {
    type: 'CONNECT',
    protocolName: 'MQTT',
    protocolLevel: 4,
    clientId: 'a',
    clean: false,
    keepAliveS: 0,
    properties: {},
    ...more,
  })
}

function connack(connection: number, sessionPresent = true) {
  return packet(connection, 'target', {
    type: 'CONNACK',
    sessionPresent,
    code: 0,
    properties: {},
  })
}

function publish(payload: string, dup = false): Publish {
  return {
    type: 'PUBLISH',
    topic: payload,
    payload: Buffer.from(payload),
    qos: 1,
    dup,
    retain: false,
    id: 1,
    properties: {},
  }
}

function close(connection: number, by: 'harness' | 'target' = 'harness'): TraceBody {
  return { kind: 'close', connection, actor: 'subscriber', by, how: 'fin' }
}

/** Whether the last event of a story may be a repeat. */
function lastMayBeRepeat(...bodies: TraceBody[]): boolean {
  const events = bodies.map((body, seq) => ({ ...body, seq, at: seq }) as TraceEvent)
  return mayBeRepeat(events, events.length - 1)
}

const given = packet(9, 'harness', publish('once'))
const back = [connect(2), connack(2), packet(2, 'target', publish('once', true))]

t.test('behind a cut of which nothing shows that the broker knew, DUP may be right', async t => {
  t.ok(lastMayBeRepeat(connect(1), connack(1, false), close(1), given, ...back))
  t.ok(lastMayBeRepeat(connect(1), connack(1, false), given, close(1, 'target'), ...back))
  // A connection before the last may be the one.
  t.ok(
    lastMayBeRepeat(
      connect(1),
      close(1),
      connect(3, { will }),
      close(3),
      packet(8, 'target', publish('gone')),
      given,
      ...back,
    ),
  )
  // A will of the case has no PUBLISH by which it was given.
  t.ok(lastMayBeRepeat(connect(1), close(1), ...back))
  t.ok(lastMayBeRepeat(connect(1), close(1, 'target'), ...back))
  // Another message says nothing of the end.
  const other = packet(8, 'target', publish('other'))
  t.ok(lastMayBeRepeat(connect(1, { will }), close(1), other, given, ...back))
})

t.test('it is not, where the broker knew of the end before the message came', async t => {
  const gone = packet(8, 'target', publish('gone'))
  t.notOk(lastMayBeRepeat(connect(1, { will }), close(1), gone, given, ...back))
  t.ok(lastMayBeRepeat(connect(1, { will }), close(1), given, gone, ...back))
  t.notOk(lastMayBeRepeat(connect(1), close(1, 'target'), given, ...back))
  const down: TraceBody = { kind: 'restart', phase: 'down', how: 'term' }
  t.notOk(lastMayBeRepeat(connect(1), close(1), down, given, ...back))
})

t.test('nor in a new session, on a first connection, or for what came on a live one', async t => {
  const came = packet(2, 'target', publish('once', true))
  t.notOk(lastMayBeRepeat(given, ...back))
  t.notOk(lastMayBeRepeat(connect(1, { clientId: 'b' }), close(1), given, ...back))
  t.notOk(lastMayBeRepeat(connect(1), close(1), given, connect(2), connack(2, false), came))
  t.notOk(lastMayBeRepeat(connect(1), close(1), connect(2), connack(2), given, came))
})
