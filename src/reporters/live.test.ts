import t from 'tap'
import type { Finding } from '../model/finding.ts'
import type { TraceEvent } from '../model/trace.ts'
import { createLive } from './live.ts'
import { defaultOptions } from './reporter.ts'

const noon = () => new Date('2030-01-01T12:00:00.5Z')
const on = { seq: 0, at: 0, connection: 1, actor: 'broker' }

t.test('a packet is one line, and its arrow says who sent it', async t => {
  const live = createLive({ ...defaultOptions, ascii: true }, noon)
  const pubrec = { type: 'PUBREC', id: 7, code: 0, properties: {} } as const
  const event = { ...on, kind: 'packet', packet: pubrec, bytes: new Uint8Array(4) } as const
  t.equal(
    live.event('pico', { ...event, from: 'target' }),
    '12:00:00.500  pico              -> PUBREC id 7\n',
  )
  t.equal(
    live.event('pico', { ...event, from: 'harness' }),
    '12:00:00.500  pico              <- PUBREC id 7\n',
  )
})

t.test('names and texts of a client can neither steer the terminal nor break the line', async t => {
  const live = createLive({ ...defaultOptions, columns: 60 }, noon)
  const payload = Buffer.from('\x1b[2J\nx'.repeat(30))
  const packet = { type: 'PUBLISH', topic: '\x1b]0;a', qos: 0, dup: false, retain: false } as const
  const line = live.event('\x1b[31mevil', {
    ...on,
    kind: 'packet',
    from: 'target',
    packet: { ...packet, payload, properties: {} },
    bytes: payload,
  })
  t.equal(line.split('\n').length, 2)
  t.notOk(line.includes('\u001b'))
  t.ok(line.length <= 61)
})

t.test('a finding is shown whole and in its colour', async t => {
  const live = createLive({ ...defaultOptions, columns: 40, colour: true }, noon)
  const finding: Finding = {
    statement: '3.1.1:MQTT-3.3.1-1',
    level: 'MUST',
    message: 'PUBLISH id 1 was sent again without DUP',
    expected: 'DUP 1',
    got: 'DUP 0',
    seq: 3,
    judge: 'referee',
    atMs: 1,
  }
  const line = live.finding('pico', finding)
  t.match(line, 'MUST 3.1.1:MQTT-3.3.1-1: PUBLISH id 1 was sent again without DUP')
  t.ok(line.startsWith('\u001b[1m\u001b[31m'))
})

t.test('what only suites have is passed over', async t => {
  const live = createLive(defaultOptions, noon)
  const fence: TraceEvent = { seq: 0, at: 0, kind: 'fence', actors: [], how: 'ping' }
  t.equal(live.event('pico', fence), '')
  t.match(
    live.event('pico', { ...on, kind: 'fault', fault: { kind: 'cut', how: 'rst' } }),
    /cut by RST/,
  )
})
