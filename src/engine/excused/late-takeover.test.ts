import t from 'tap'
import type { Packet } from '../../model/packet.ts'
import type { TraceBody, TraceEvent } from '../../model/trace.ts'
import { mayBeTakenOverLate } from './late-takeover.ts'

const bytes = new Uint8Array()

function connect(connection: number, clientId = 'a'): TraceBody {
  const packet: Packet = {
    type: 'CONNECT',
    protocolName: 'MQTT',
    protocolLevel: 4,
    clientId,
    clean: false,
    keepAliveS: 0,
    properties: {},
  }
  return { kind: 'packet', connection, actor: 'subscriber', from: 'harness', packet, bytes }
}

function connack(connection: number): TraceBody {
  const packet: Packet = { type: 'CONNACK', sessionPresent: false, code: 0, properties: {} }
  return { kind: 'packet', connection, actor: 'subscriber', from: 'target', packet, bytes }
}

function close(connection: number, by: 'harness' | 'target' = 'harness'): TraceBody {
  return { kind: 'close', connection, actor: 'subscriber', by, how: 'rst' }
}

function story(...bodies: TraceBody[]): TraceEvent[] {
  return bodies.map((body, seq) => ({ ...body, seq, at: seq }) as TraceEvent)
}

t.test('a CONNECT that we left behind may take a later connection over at any time', async t => {
  t.ok(mayBeTakenOverLate(story(connect(1), close(1), connect(2), connack(2)), 2))
  t.ok(
    mayBeTakenOverLate(
      story(connect(1), close(1), connect(2), close(2), connect(3), connack(3)),
      3,
    ),
  )
})

t.test('not where it was answered, was ended by the target, or was of another client', async t => {
  t.notOk(mayBeTakenOverLate(story(connect(1), connack(1), close(1), connect(2), connack(2)), 2))
  t.notOk(mayBeTakenOverLate(story(connect(1), close(1, 'target'), connect(2), connack(2)), 2))
  t.notOk(mayBeTakenOverLate(story(connect(1, 'b'), close(1), connect(2), connack(2)), 2))
  t.notOk(mayBeTakenOverLate(story(connect(1), close(1), connect(2), connack(2)), 1))
})
