import t from 'tap'
import {
  ackOf,
  findingOf,
  packetEvent,
  publishOf,
  traceOf,
} from '../../fixtures/testing/reports/build.ts'
import { everyEvent } from '../../fixtures/testing/reports/every-event.ts'
import { hostileReport } from '../../fixtures/testing/reports/hostile.ts'
import { lostPubrecCase } from '../../fixtures/testing/reports/lost-pubrec.ts'
import type { Packet } from '../model/packet.ts'
import type { TraceBody } from '../model/trace.ts'
import { drawLadder, type LadderOptions } from './ladder.ts'
import { textWidth } from './text/columns.ts'

const wide: LadderOptions = { columns: 90, ascii: false, target: 'mosquitto' }

t.test('the story of a lost PUBREC, drawn', async t => {
  const { trace, findings } = lostPubrecCase()
  const drawn = drawLadder(trace, findings, wide).map(line => line.text)
  t.same(drawn, [
    '      ms sub           mosquitto           pub',
    '     4.2  │─── CONNECT ───▶│                ┊  "c-sub" clean start 1 keep alive 60 s',
    '     6.3  │◀── CONNACK ────│                ┊  session present 0',
    '     8.4  │── SUBSCRIBE ──▶│                ┊  id 1 mqttspec/t1 QoS 2',
    '    10.5  │◀─── SUBACK ────│                ┊  id 1 0x02',
    '    14.7  │                │◀── CONNECT ────│  "c-pub" clean start 0 keep alive 60 s sess…',
    '    16.8  │                │─── CONNACK ───▶│  session present 0',
    '    18.9  │                │◀── PUBLISH ────│  id 7 QoS 2 mqttspec/t1 "once"',
    '    21.0  │◀── PUBLISH ────│                │  id 1 QoS 2 mqttspec/t1 "once"',
    '    23.1  │──── PUBREC ───▶│                │  id 1',
    '    25.2  │                │──── PUBREC ───✗│  lost: we act as if it had not come; id 7',
    '    29.4  │◀─── PUBREL ────│                │  id 1',
    '    31.5  │─── PUBCOMP ───▶│                │  id 1',
    '    37.8  │                │◀~~~~ RST ~~~~~~┊  cut by RST',
    '    42.0  │                │◀── CONNECT ────│  "c-pub" clean start 0 keep alive 60 s sess…',
    '    44.1  │                │─── CONNACK ───▶│  session present 1',
    '    46.2  │                │◀── PUBLISH ────│  id 7 QoS 2 DUP mqttspec/t1 "once"',
    '    48.3  │                │──── PUBREC ───▶│  id 7',
    '    50.4  │                │◀─── PUBREL ────│  id 7',
    '    52.5  │◀── PUBLISH ────│                │  id 2 QoS 2 mqttspec/t1 "once" <<<',
    '          └ MUST 5.0:MQTT-4.3.3-10: the message "once" reached sub twice',
    '    54.6  │                │─── PUBCOMP ───▶│  id 7',
    '    56.7  ═                │                ═  fence by sentinel: nothing more is owed',
  ])
})

/** A PUBREC that the broker sends and a proxy loses, cutting both sides; with two proxies another client is there. */
function proxiedTrace(two: boolean) {
  const leg = (connection: number, actor: string, side: 'client' | 'broker', peer: string) =>
    ({
      kind: 'open',
      connection,
      actor,
      by: side === 'client' ? 'target' : 'harness',
      version: '3.1.1',
      leg: side,
      peer,
    }) satisfies TraceBody
  const passes = (connection: number, from: 'harness' | 'target' | 'upstream', packet: Packet) =>
    ({
      kind: 'packet',
      connection,
      actor: 'proxy',
      from,
      packet,
      bytes: Uint8Array.of(0),
    }) satisfies TraceBody
  const bodies: TraceBody[] = [
    ...(two ? [leg(3, 'proxy2', 'client', 'app2'), leg(4, 'proxy2', 'broker', 'aedes')] : []),
    { kind: 'command', actor: 'app', command: { do: 'connect', ok: true } },
    leg(1, 'proxy', 'client', 'app'),
    leg(2, 'proxy', 'broker', 'aedes'),
    passes(1, 'target', publishOf()),
    passes(2, 'harness', publishOf()),
    passes(2, 'upstream', ackOf('PUBREC')),
  ]
  const seq = bodies.length - 1
  bodies.push(
    {
      kind: 'fault',
      actor: 'proxy',
      connection: 2,
      fault: { kind: 'lose', seq, packet: 'PUBREC', from: 'broker' },
    },
    {
      kind: 'fault',
      actor: 'proxy',
      connection: 2,
      fault: { kind: 'cut', how: 'rst', side: 'both' },
    },
    { kind: 'close', connection: 1, actor: 'proxy', by: 'harness', how: 'rst' },
    { kind: 'close', connection: 2, actor: 'proxy', by: 'harness', how: 'rst' },
    { kind: 'app', actor: 'app', event: { event: 'disconnected' } },
  )
  return traceOf(bodies)
}

t.test('client, proxy and broker stand side by side', async t => {
  const drawn = drawLadder(proxiedTrace(false), [], { ...wide, target: 'mqttjs' })
  t.same(
    drawn.map(({ text }) => text.slice(9)),
    [
      'mqttjs          proxy            aedes',
      ' ●                ┊                │  app asks connect',
      ' │┄┄┄┄┄ open ┄┄┄┄▶│                │  connection 1 opens',
      ' │                │┄┄┄┄┄ open ┄┄┄┄▶│  connection 2 opens',
      ' │─── PUBLISH ───▶│                │  id 7 QoS 2 mqttspec/t1 "once"',
      ' │                │─── PUBLISH ───▶│  id 7 QoS 2 mqttspec/t1 "once"',
      ' │                │✗─── PUBREC ────│  lost: it is not passed on; id 7',
      ' ┊◀~~~~ RST ~~~~~~┊                │  cut by RST on both sides',
      ' ┊                ┊┄┄┄┄┄ RST ┄┄┄┄┄▶│  proxy closes connection 2',
      ' ●                ┊                │  app hears disconnected',
    ],
  )
})

t.test('two proxies stand on both sides of the broker', async t => {
  const lines = drawLadder(proxiedTrace(true), [], { ...wide, columns: 110, target: 'mqttjs' })
  t.match(lines[0]?.text, /app mqttjs +proxy +aedes +proxy2 +app2 mqttjs/)
  const plain = drawLadder(proxiedTrace(true), [], { ...wide, columns: 60, ascii: true })
  t.match(plain.map(({ text }) => text).join(''), /^[\x20-\x7e]*$/)
})

t.test('where it is narrow the labels stand in the text, and ASCII is all ASCII', async t => {
  const { trace, findings } = lostPubrecCase()
  const lines = drawLadder(trace, findings, { ...wide, columns: 60, ascii: true })
  t.ok(
    lines.some(
      line => line.text === '    18.9  |       |<------|  PUBLISH id 7 QoS 2 mqttspec/...',
    ),
  )
  t.ok(lines.some(line => line.text.startsWith('    25.2  |       |------x|  PUBREC lost: we act')))
  t.match(lines.map(line => line.text).join(''), /^[\x20-\x7e]*$/)
})

t.test('every kind of event, packet and fault finds its row', async t => {
  const lines = drawLadder(everyEvent(), [], { ...wide, columns: 140, steps: true, rowsMax: 200 })
  const text = lines.map(line => line.text).join('\n')
  const all = [
    'CONNECT',
    'code 0x92',
    'UNSUBACK',
    'PINGRESP',
    'AUTH',
    'our PUBREC is held back',
    'our PUBREC waits 20 ms',
    'PUBLISH is sent 3 times',
    'sent in this order: PUBREL, PUBLISH',
    'PUBLISH goes out in 2 writes',
    'PUBLISH + PUBREL go out in one write',
    'cut by FIN',
    'only 4 of 20 bytes of PUBLISH go out: 34 0d 00 ff',
    'no MQTT packet: 34 0d 00 ff',
    'the next connection is closed as it opens',
    'we stop reading',
    'stopped by KILL',
    'serves again',
    'app hears t QoS 2 DUP',
    'app hears m2 error: closed',
    'refused by the adapter: unsupported',
    '3: pub.connect: {}',
    'fence by ping',
    '1500 ms pass: keep-alive',
    'a note',
    'the target closes connection 1',
  ]
  for (const words of all) t.ok(text.includes(words), words)
})

t.test('no line is wider than asked, whatever the trace and however many actors', async t => {
  const crowd = Array.from({ length: 12 }, (_, index) =>
    packetEvent(`actor-with-a-long-name-${index}`, 'target', publishOf()),
  )
  const traces = [
    everyEvent(),
    traceOf(crowd),
    ...hostileReport().results.map(result => result.trace),
  ]
  for (const columns of [40, 60, 79, 120]) {
    for (const trace of traces) {
      const lines = drawLadder(trace, [findingOf({ seq: 1 })], { ...wide, columns, steps: true })
      const widest = Math.max(...lines.map(line => textWidth(line.text)))
      t.ok(widest <= columns, `${widest} of ${columns}`)
      t.ok(lines.some(line => line.text.endsWith(' <<<')))
    }
  }
})

t.test('a long trace keeps what matters and says what it left out', async t => {
  const bodies: TraceBody[] = Array.from({ length: 5000 }, (_, id) =>
    packetEvent('pub', 'harness', publishOf({ id })),
  )
  bodies[1000] = { kind: 'fault', actor: 'pub', fault: { kind: 'stall' } }
  const findings = [findingOf({ seq: 3000 }), findingOf({ seq: 3000, message: 'another' })]
  const lines = drawLadder(traceOf(bodies), findings, wide).map(line => line.text)
  t.ok(lines.length <= 60, `${lines.length} lines`)
  t.ok(lines.length >= 50, 'the room is used')
  const has = (text: string) => lines.some(line => line.includes(text))
  t.ok(has('id 0 ') && has('id 4999 '), 'beginning and end')
  t.ok(has('we stop reading'), 'the fault')
  t.ok(
    has('id 3000 ') && has('id 2990 ') && has('id 3002 '),
    'the finding, what led to it, what followed',
  )
  t.ok(has('another'), 'both findings of one packet')
  t.ok(has('rows left out'))
})

t.test('a thousand findings stay within sixty lines', async t => {
  const trace = traceOf(
    Array.from({ length: 1000 }, (_, id) => packetEvent('pub', 'target', publishOf({ id }))),
  )
  const each = trace.map(event => findingOf({ seq: event.seq }))
  t.ok(drawLadder(trace, each, wide).length <= 60)
  const lines = drawLadder(
    trace,
    each.map(finding => ({ ...finding, seq: 5 })),
    wide,
  )
  t.ok(lines.length <= 60)
  t.ok(lines.some(line => line.text.includes('and 997 more findings here')))
})

t.test('a finding about what is not drawn sits at the row before it', async t => {
  const trace = traceOf([
    packetEvent('pub', 'harness', publishOf()),
    {
      kind: 'step',
      index: 0,
      text: 'pub.expect: PUBREC',
      place: { file: 'a', line: 1, column: 1 },
    },
  ])
  const [, first] = drawLadder(trace, [findingOf({ seq: 1 })], wide)
  t.match(first!.text, /PUBLISH.* <<<$/)
  t.same(drawLadder([], [findingOf()], wide), [], 'no trace, no ladder')
})

t.test('the lifeline of a stopped target is broken until it serves again', async t => {
  const note: TraceBody = { kind: 'note', text: 'now' }
  const trace = traceOf([
    packetEvent('pub', 'harness', publishOf()),
    { kind: 'restart', phase: 'down', how: 'kill' },
    note,
    { kind: 'restart', phase: 'up', how: 'kill' },
    note,
  ])
  const lines = drawLadder(trace, [], wide).map(line => line.text.slice(8).trim())
  t.same(lines.slice(2), [
    '┊                ◆  stopped by KILL',
    '┊                ┊  now',
    '┊                ◆  serves again',
    '┊                │  now',
  ])
})

t.test('five lines have labels at 100 columns, and names that stand apart at 80', async t => {
  const actors = ['broker', 'brokerOfSubscriber', 'app', 'appSubscriber']
  const trace = traceOf(
    actors.flatMap((actor, i): TraceBody[] => [
      { kind: 'open', actor, connection: i + 1, by: 'target', version: '5.0' },
      packetEvent(actor, 'target', { type: 'PINGREQ' }, i + 1),
    ]),
  )
  const lines = (columns: number) =>
    drawLadder(trace, [], { columns, ascii: false, target: 'mqttjs' }).map(line => line.text)
  t.match(lines(100).join('\n'), /◀ PINGREQ ──│/)
  const [header = ''] = lines(80)
  t.match(header, /^ +ms broker mqttjs broker/)
})
