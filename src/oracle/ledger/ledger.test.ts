import t from 'tap'
import type { Version } from '../../model/version.ts'
import type { TargetRole } from '../../standard/clauses.ts'
import { writtenTrace } from '../written-trace.ts'
import { createLedger } from './ledger.ts'
import type { Ledger } from './ledger-type.ts'

/*
 * One row a rule, `{right | wrong}` as in referee.test.ts; the ledger judges at the end.
 */
type Row = {
  title: string
  target?: TargetRole
  versions?: Version[]
  text: string
  breaks: Partial<Record<Version, string>>
  warns?: true
  durable?: true
}

const both = (a: string, b: string) => ({ '3.1.1': a, '5.0': b })

/** A publisher on connection 1, a subscriber on connection 2. */
const scene = (filter = 't:2', codes = '2') => `
  1> CONNECT pub kept
  < CONNACK
  2> CONNECT sub kept
  < CONNACK
  > SUBSCRIBE 1 ${filter}
  < SUBACK 1 codes=${codes}
`
const publish2 = `
  1> PUBLISH 7 q2 A
  < PUBREC 7
  > PUBREL 7
  < PUBCOMP 7
`
const got2 = (id: number, payload = 'A') => `
  2< PUBLISH ${id} q2 ${payload}
  > PUBREC ${id}
  < PUBREL ${id}
  > PUBCOMP ${id}
`
const resumeSub = `
  cut 2
  3> CONNECT sub kept
  < CONNACK sp
`

const rows: Row[] = [
  {
    title: 'An acknowledged QoS 2 message reaches its subscriber',
    text: `${scene()}${publish2}{${got2(1)} | }`,
    breaks: both('MQTT-4.5.0-1', 'MQTT-4.5.0-1'),
  },
  {
    title: 'A QoS 2 message reaches its subscriber once',
    text: `${scene()}${publish2}${got2(1)}{ | ${got2(2)}}`,
    breaks: both('MQTT-4.3.3-1', 'MQTT-4.3.3-1'),
  },
  {
    title:
      'A message whose PUBLISH came twice is the fault of the receiver where it reaches its subscriber twice',
    text: `${scene()}
      1> PUBLISH 7 q2 A
      1> PUBLISH 7 q2 A dup
      < PUBREC 7
      > PUBREL 7
      < PUBCOMP 7
      ${got2(1)}{ | ${got2(2)}}`,
    breaks: both('MQTT-4.3.3-2', 'MQTT-4.3.3-10'),
  },
  {
    title: 'And so where PUBREL came twice, the second time behind PUBCOMP',
    text: `${scene()}${publish2}
      1> PUBREL 7
      < PUBCOMP 7
      ${got2(1)}{ | ${got2(2)}}`,
    breaks: both('MQTT-4.3.3-2', 'MQTT-4.3.3-10'),
  },
  {
    title:
      'Where nothing comes any more since a subscription took the place of another, that is what failed',
    text: `${scene()}
      2> SUBSCRIBE 9 t:2
      < SUBACK 9 codes=2
      ${publish2}
      {${got2(1)} | }`,
    breaks: both('MQTT-3.8.4-3', 'MQTT-3.8.4-3'),
  },
  {
    title: 'A PUBLISH under an id that we hold is the same delivery, after PUBREL it is another',
    text: `${scene()}${publish2}
      2< PUBLISH 1 q2 A
      > PUBREC 1
      { | < PUBREL 1
      > PUBCOMP 1}
      ${resumeSub}
      < PUBLISH 1 q2 A dup`,
    breaks: both('MQTT-4.3.3-1', 'MQTT-4.3.3-1'),
  },
  {
    title: 'What we lost did not reach us',
    text: `${scene()}${publish2}
      2< PUBLISH 1 q2 A
      lose
      ${resumeSub}
      { < PUBLISH 1 q2 A dup
      > PUBREC 1
      < PUBREL 1
      > PUBCOMP 1 | > PINGREQ
      < PINGRESP}`,
    breaks: both('MQTT-4.5.0-1', 'MQTT-4.5.0-1'),
  },
  {
    title: 'A lost PUBCOMP still acknowledges',
    text: `${scene()}
      1> PUBLISH 7 q2 A
      < PUBREC 7
      > PUBREL 7
      < PUBCOMP 7
      lose
      {${got2(1)} | }`,
    breaks: both('MQTT-4.5.0-1', 'MQTT-4.5.0-1'),
  },
  {
    title: 'What its publisher gave up may come or not, but not twice',
    text: `${scene()}
      1> PUBLISH 7 q2 A
      < PUBREC 7
      cut 1
      { | ${got2(1)}${got2(2)}}`,
    breaks: both('MQTT-4.3.3-1', 'MQTT-4.3.3-1'),
  },
  {
    title: 'A resend in a resumed session is no second publication, in a new one it is',
    text: `${scene()}
      1> PUBLISH 7 q2 A
      < PUBREC 7
      cut 1
      4> CONNECT pub kept
      < CONNACK { | sp}
      > PUBLISH 7 q2 A dup
      < PUBREC 7
      > PUBREL 7
      < PUBCOMP 7
      ${got2(1)}${got2(2)}`,
    breaks: both('MQTT-4.3.3-2', 'MQTT-4.3.3-10'),
  },
  {
    title: 'A message published twice on purpose comes twice',
    text: `${scene()}${publish2}${publish2}${got2(1)}{${got2(2)} | }`,
    breaks: both('MQTT-4.5.0-1', 'MQTT-4.5.0-1'),
  },
  {
    title: 'A refused message reaches nobody',
    versions: ['5.0'],
    text: `${scene()}
      1> PUBLISH 7 q2 A
      < PUBREC 7 code=0x87
      { | ${got2(1)}}`,
    breaks: { '5.0': '§4.3.3' },
  },
  {
    title: 'QoS 0 comes at most once',
    text: `${scene()}
      1> PUBLISH q0 A
      2< PUBLISH q0 A
      { | < PUBLISH q0 A}`,
    breaks: both('§4.3.1', '§4.3.1'),
  },
  {
    title: 'QoS 1 may repeat and has to come',
    text: `${scene()}
      1> PUBLISH 7 q1 A
      < PUBACK 7
      { 2< PUBLISH 1 q1 A
      > PUBACK 1
      < PUBLISH 1 q1 A
      > PUBACK 1 | }`,
    breaks: both('MQTT-4.5.0-1', 'MQTT-4.5.0-1'),
  },
  {
    title: 'What came while the subscriber was away comes when it is back',
    text: `${scene()}
      cut 2
      ${publish2}
      3> CONNECT sub kept
      < CONNACK sp
      {${got2(1).replace('2<', '3<')} | }`,
    breaks: both('MQTT-3.1.2-5', 'MQTT-4.5.0-1'),
  },
  {
    title: 'With Session Present 0 the queue is gone too',
    text: `${scene()}
      cut 2
      ${publish2}
      3> CONNECT sub kept
      < CONNACK`,
    breaks: both('', ''),
  },
  {
    title: 'Missing after a restart that claims the session is a durability finding',
    durable: true,
    text: `${scene()}
      cut 2
      ${publish2}
      restart kill
      3> CONNECT sub kept
      < CONNACK sp
      {${got2(1).replace('2<', '3<')} | }`,
    breaks: both('MQTT-3.1.2-5', 'MQTT-4.5.0-1'),
  },
  {
    title: 'While we keep something unfinished the broker may hold back',
    text: `${scene()}${publish2}
      1> PUBLISH 8 q2 B
      < PUBREC 8
      > PUBREL 8
      < PUBCOMP 8
      2< PUBLISH 1 q2 A`,
    breaks: both('', ''),
  },
  {
    title: 'One who subscribed after the message may get it or not',
    text: `1> CONNECT pub kept
      < CONNACK
      2> CONNECT sub kept
      < CONNACK
      1> PUBLISH 7 q2 A
      2> SUBSCRIBE 1 t:2
      < SUBACK 1 codes=2
      1< PUBREC 7
      > PUBREL 7
      < PUBCOMP 7
      {${got2(1)} | }`,
    breaks: both('', ''),
  },
  {
    title: 'A copy for each filter that overlaps is legal, one more is not',
    text: `${scene('t:2 #:2', '2,2')}${publish2}${got2(1)}${got2(2)}{ | ${got2(3)}}`,
    breaks: both('MQTT-4.3.3-1', 'MQTT-4.3.3-1'),
  },
  {
    title: 'Of overlapping filters the highest QoS counts',
    text: `${scene('t:2 #:0', '2,0')}${publish2}
      2< PUBLISH q0 A
      {${got2(1)} | }`,
    breaks: both('MQTT-3.3.5-1', 'MQTT-3.3.4-2'),
  },
  {
    title: 'No delivery above the granted QoS',
    text: `${scene('t:1', '1')}${publish2}
      {2< PUBLISH 1 q1 A
      > PUBACK 1 | ${got2(1)}}`,
    breaks: both('MQTT-3.8.4-6', 'MQTT-3.8.4-8'),
  },
  {
    title: 'No delivery above the published QoS',
    text: `${scene()}
      1> PUBLISH 7 q1 A
      < PUBACK 7
      {2< PUBLISH 1 q1 A
      > PUBACK 1 | ${got2(1)}}`,
    breaks: both('MQTT-3.8.4-6', 'MQTT-3.8.4-8'),
  },
  {
    title: 'No delivery below the lower of both',
    text: `${scene()}${publish2}
      {${got2(1)} | 2< PUBLISH 1 q1 A
      > PUBACK 1}`,
    breaks: both('MQTT-3.8.4-6', 'MQTT-3.8.4-8'),
  },
  {
    title: 'A delivery needs a subscription that matches',
    text: `${scene('{t:2 | +/x:2}', '2')}${publish2}${got2(1)}`,
    breaks: both('MQTT-3.3.2-3', 'MQTT-3.3.2-3'),
  },
  {
    title: 'What is published after UNSUBACK does not come',
    text: `${scene()}
      > UNSUBSCRIBE 2 t
      {1> PUBLISH 7 q2 A
      2< UNSUBACK 2 | 2< UNSUBACK 2
      1> PUBLISH 7 q2 A}
      1< PUBREC 7
      > PUBREL 7
      < PUBCOMP 7
      ${got2(1)}`,
    breaks: both('MQTT-3.10.4-2', 'MQTT-3.10.4-2'),
  },
  {
    title: 'No Local keeps own messages away',
    versions: ['5.0'],
    text: `1> CONNECT pub kept
      < CONNACK
      > SUBSCRIBE 1 t:2{ | :nl}
      < SUBACK 1 codes=2
      ${publish2}
      < PUBLISH 1 q2 A
      > PUBREC 1
      < PUBREL 1
      > PUBCOMP 1`,
    breaks: { '5.0': 'MQTT-3.8.3-3' },
  },
  {
    title: 'A payload that nobody published does not come',
    text: `${scene()}${publish2}${got2(1)}{ | ${got2(2, 'B')}}`,
    breaks: both('§3.3.3', '§3.3.3'),
  },
  {
    title: 'First copies keep the order of their publisher',
    text: `${scene()}
      1> PUBLISH 7 q1 A
      < PUBACK 7
      > PUBLISH 8 q1 B
      < PUBACK 8
      2< PUBLISH 1 q1 {A | B}
      > PUBACK 1
      < PUBLISH 2 q1 {B | A}
      > PUBACK 2`,
    breaks: both('MQTT-4.6.0-6', 'MQTT-4.6.0-5'),
  },
  {
    title: 'PUBRELs in another order than PUBLISHes leave the order open',
    text: `${scene()}
      1> PUBLISH 7 q2 A
      < PUBREC 7
      > PUBLISH 8 q2 B
      < PUBREC 8
      > PUBREL 8
      > PUBREL 7
      < PUBCOMP 8
      < PUBCOMP 7
      {${got2(1, 'A')}${got2(2, 'B')} | ${got2(1, 'B')}${got2(2, 'A')}}`,
    breaks: both('', ''),
  },
  {
    title: 'What crosses with a takeover may come over both connections',
    text: `${scene()}
      1> PUBLISH 7 q1 A
      < PUBACK 7
      > PUBLISH 8 q1 B
      < PUBACK 8
      3> CONNECT sub kept
      < CONNACK sp
      { | 2< PUBLISH 1 q1 B
      2< PUBLISH 2 q1 A}
      3< PUBLISH 1 q1 A dup
      > PUBACK 1
      < PUBLISH 2 q1 B dup
      > PUBACK 2
      cut 2`,
    breaks: both('', ''),
  },
  {
    title: 'A new subscription gets the retained message',
    text: `1> CONNECT pub kept
      < CONNACK
      > PUBLISH 7 q2 A retain
      < PUBREC 7
      > PUBREL 7
      < PUBCOMP 7
      2> CONNECT sub kept
      < CONNACK
      > SUBSCRIBE 1 t:2
      < SUBACK 1 codes=2
      {2< PUBLISH 1 q2 A retain
      > PUBREC 1
      < PUBREL 1
      > PUBCOMP 1 | }`,
    breaks: both('MQTT-3.3.1-6', 'MQTT-3.3.1-9'),
  },
  {
    title: 'Each new SUBSCRIBE may bring the retained message once more',
    text: `${scene()}
      1> PUBLISH 7 q2 A retain
      < PUBREC 7
      > PUBREL 7
      < PUBCOMP 7
      ${got2(1)}
      {> SUBSCRIBE 2 t:2
      < SUBACK 2 codes=2 | }
      ${got2(2).replace('q2 A', 'q2 A retain')}`,
    breaks: both('MQTT-4.3.3-1', 'MQTT-4.3.3-1'),
  },
  {
    title: 'A subscription of a session that is gone may have brought the retained message too',
    text: `${scene()}
      1> PUBLISH 7 q2 A retain
      < PUBREC 7
      > PUBREL 7
      < PUBCOMP 7
      ${got2(1)}
      {> SUBSCRIBE 2 t:2 | > PINGREQ}
      ${got2(2).replace('q2 A', 'q2 A retain')}
      {< SUBACK 2 codes=2 | < PINGRESP}
      cut 2
      8> CONNECT sub fresh
      < CONNACK
      > SUBSCRIBE 3 t:2
      < SUBACK 3 codes=2
      8< PUBLISH 1 q2 A retain
      > PUBREC 1
      < PUBREL 1
      > PUBCOMP 1`,
    breaks: both('MQTT-4.3.3-1', 'MQTT-4.3.3-1'),
  },
  {
    title: 'A will is published when the connection is cut',
    text: `${scene()}
      4> CONNECT ill fresh will=W
      < CONNACK
      cut 4
      {${got2(1, 'W')} | }`,
    breaks: both('MQTT-3.1.2-8', 'MQTT-3.1.2-8'),
  },
  {
    title: 'A will is published once, whatever its QoS',
    text: `${scene()}
      4> CONNECT ill fresh will=W
      < CONNACK
      cut 4
      ${got2(1, 'W')}{ | ${got2(2, 'W')}}`,
    breaks: both('MQTT-3.1.2-10', 'MQTT-3.1.2-10'),
  },
  {
    title: 'A will is published at its own QoS',
    text: `${scene()}
      4> CONNECT ill fresh will=W wq=2
      < CONNACK
      cut 4
      2< PUBLISH 1 {q2 | q1} W
      > {PUBREC | PUBACK} 1`,
    breaks: both('MQTT-3.1.2-9', '§3.1.2.6'),
  },
  {
    title: 'No wildcard at the front of a filter matches a topic that begins with $',
    text: `${scene('#:2')}
      1> PUBLISH 7 q2 A t=$a/b
      < PUBREC 7
      > PUBREL 7
      < PUBCOMP 7
      { | 2< PUBLISH 1 q2 A t=$a/b}`,
    breaks: both('MQTT-4.7.2-1', 'MQTT-4.7.2-1'),
  },
  {
    title: 'A clean start ends the subscriptions of the session before',
    text: `${scene()}
      cut 2
      2> CONNECT sub fresh
      < CONNACK
      ${publish2}{ | ${got2(1)}}`,
    breaks: both('MQTT-3.1.2-6', 'MQTT-3.1.2-4'),
  },
  {
    title: 'A session that is over takes its subscriptions with it',
    text: `${scene()}
      cut 2
      2> CONNECT sub kept
      < CONNACK
      ${publish2}{ | ${got2(1)}}`,
    breaks: both('MQTT-3.1.2-6', 'MQTT-4.1.0-2'),
  },
  {
    title: 'A will may be published where CONNACK was never seen',
    text: `${scene()}
      4> CONNECT ill fresh will=W
      cut 4
      { | ${got2(1, 'W')}}`,
    breaks: both('', ''),
  },
  {
    title: 'A will is not published where CONNACK refuses',
    text: `${scene()}
      4> CONNECT ill fresh will=W
      < CONNACK {code=0 | code=5}
      cut 4
      ${got2(1, 'W')}`,
    breaks: both('MQTT-3.14.4-3', 'MQTT-3.14.4-3'),
  },
  {
    title: 'A will is not published after DISCONNECT',
    text: `${scene()}
      4> CONNECT ill fresh will=W
      < CONNACK
      {cut 4 | > DISCONNECT
      cut 4}
      ${got2(1, 'W')}`,
    breaks: both('MQTT-3.14.4-3', 'MQTT-3.14.4-3'),
  },
  {
    title:
      'A will may come once the next CONNECT of its client may have ended the connection before DISCONNECT was read',
    text: `${scene()}
      4> CONNECT ill fresh will=W
      < CONNACK
      > DISCONNECT
      cut 4
      {5> CONNECT ill fresh
      < CONNACK | }
      ${got2(1, 'W')}
      { | 5> CONNECT ill fresh
      < CONNACK}`,
    breaks: both('MQTT-3.14.4-3', 'MQTT-3.14.4-3'),
  },
  {
    title: 'One member of a share gets a message',
    versions: ['5.0'],
    text: `${scene('$share/g/t:2', '2')}
      4> CONNECT other kept
      < CONNACK
      > SUBSCRIBE 1 $share/g/t:2
      < SUBACK 1 codes=2
      ${publish2}${got2(1)}{ | ${got2(1).replace('2<', '4<')}}`,
    breaks: { '5.0': '§4.8.2' },
  },
  {
    title: 'A message that may have expired need not come',
    versions: ['5.0'],
    text: `${scene()}
      cut 2
      1> PUBLISH 7 q2 A mei=5
      < PUBREC 7
      > PUBREL 7
      < PUBCOMP 7
      at {6000 | 1000}
      3> CONNECT sub kept
      < CONNACK sp
      > PINGREQ`,
    breaks: { '5.0': 'MQTT-4.5.0-1' },
  },
  // ---- a client under test
  {
    title: 'What a client takes over reaches its application',
    target: 'client',
    text: `< CONNECT a kept
      > CONNACK
      app subscribe
      < SUBSCRIBE 1 t:2
      > SUBACK 1 codes=2
      > PUBLISH 7 q2 A
      < PUBREC 7
      > PUBREL 7
      < PUBCOMP 7
      {app delivered A | }`,
    breaks: both('MQTT-4.3.3-2', 'MQTT-4.3.3-8'),
  },
  {
    title: 'The application gets a QoS 2 message once',
    target: 'client',
    text: `< CONNECT a kept
      > CONNACK
      > PUBLISH 7 q2 A
      < PUBREC 7
      app delivered A
      cut
      2< CONNECT a kept
      > CONNACK sp
      > PUBLISH 7 q2 A dup
      < PUBREC 7
      { | app delivered A}`,
    breaks: both('MQTT-4.3.3-2', 'MQTT-4.3.3-10'),
  },
  {
    title: 'The application gets what was sent',
    target: 'client',
    text: `< CONNECT a kept
      > CONNACK
      > PUBLISH 7 q2 A
      < PUBREC 7
      app delivered {A | B}`,
    breaks: both('§3.3.3', '§3.3.3'),
  },
  {
    title: 'The application gets a QoS 1 message that its client acknowledged',
    target: 'client',
    text: `< CONNECT a kept
      > CONNACK
      app subscribe
      < SUBSCRIBE 1 t:2
      > SUBACK 1 codes=2
      > PUBLISH 7 q1 A
      < PUBACK 7
      {app delivered A | }`,
    breaks: both('MQTT-4.3.2-2', 'MQTT-4.3.2-4'),
  },
  {
    title: 'A client reports a QoS 2 message as published after PUBCOMP',
    target: 'client',
    text: `< CONNECT a kept
      > CONNACK
      app publish m1 q2 A
      < PUBLISH 1 q2 A
      > PUBREC 1
      < PUBREL 1
      {> PUBCOMP 1
      app published m1 | app published m1
      > PUBCOMP 1}`,
    breaks: both('MQTT-4.3.3-1', 'MQTT-4.3.3-5'),
  },
  {
    title: 'A client reports a QoS 1 message as published after PUBACK',
    target: 'client',
    text: `< CONNECT a kept
      > CONNACK
      app publish m1 q1 A
      < PUBLISH 1 q1 A
      {> PUBACK 1
      app published m1 | app published m1
      > PUBACK 1}`,
    breaks: both('MQTT-4.3.2-1', 'MQTT-4.3.2-3'),
  },
  {
    title: 'A client reports a refused message as failed',
    warns: true,
    target: 'client',
    versions: ['5.0'],
    text: `< CONNECT a kept
      > CONNACK
      app publish m1 q2 A
      < PUBLISH 1 q2 A
      > PUBREC 1 code=0x87
      app published m1 {failed | }`,
    breaks: { '5.0': '§4.3.3' },
  },
  {
    title: 'A client reports what is completed',
    warns: true,
    target: 'client',
    text: `< CONNECT a kept
      > CONNACK
      app publish m1 q2 A
      < PUBLISH 1 q2 A
      > PUBREC 1
      < PUBREL 1
      > PUBCOMP 1
      {app published m1 | }`,
    breaks: both('§4.3', '§4.3'),
  },
  {
    title: 'A client publishes at the QoS it was asked for',
    target: 'client',
    text: `< CONNECT a kept
      > CONNACK
      app publish m1 q2 A
      < PUBLISH 1 {q2 | q1} A`,
    breaks: both('§4.3', '§4.3'),
  },
  {
    title: 'A client sends a message in one exchange',
    target: 'client',
    text: `< CONNECT a kept
      > CONNACK
      app publish m1 q2 A
      < PUBLISH 1 q2 A
      > PUBREC 1
      { | < PUBLISH 2 q2 A}`,
    breaks: both('MQTT-4.3.3-1', 'MQTT-4.3.3-1'),
  },
]

function judge(version: Version, target: TargetRole, text: string): Ledger {
  const ledger = createLedger({ target, version })
  for (const event of writtenTrace(version, target, text)) ledger.observe(event)
  return ledger
}

function choose(text: string, which: 'right' | 'wrong'): string {
  return text.replace(/\{([^|}]*)\|([^}]*)\}/g, (_, right: string, wrong: string) =>
    (which === 'right' ? right : wrong).trim(),
  )
}

for (const row of rows) {
  const target = row.target ?? 'broker'
  for (const version of row.versions ?? (['3.1.1', '5.0'] as const)) {
    t.test(`${row.title} (${target}, ${version})`, async t => {
      t.same(judge(version, target, choose(row.text, 'right')).judge(), [], 'the right passes')
      const wrong = judge(version, target, choose(row.text, 'wrong'))
      const statement = row.breaks[version]
      const breaches = wrong.judge()
      if (statement === '') {
        t.same(breaches, [], 'the other is legal too')
        return
      }
      t.equal(breaches.length, 1, 'one breach')
      t.equal(breaches[0]?.statement, `${version}:${statement}`)
      t.equal(breaches[0]?.level, row.warns ? 'SHOULD' : 'MUST')
      t.equal(breaches[0]?.about, row.durable ? 'durability' : undefined)
      t.equal(breaches[0]?.judge, 'ledger')
    })
  }
}

t.test('what is missing is owed until it comes', async t => {
  const before = judge('3.1.1', 'broker', `${scene()}${publish2}`)
  t.same(
    [...before.owed()].map(({ packet, connection, actor }) => ({ packet, connection, actor })),
    [{ packet: 'PUBLISH', connection: 2, actor: 'sub' }],
  )
  t.same([...judge('3.1.1', 'broker', `${scene()}${publish2}${got2(1)}`).owed()], [])
})

const published = (id: number, payload: string, topic = 't') => `
  1> PUBLISH ${id} q2 ${payload} t=${topic}
  < PUBREC ${id}
  > PUBREL ${id}
  < PUBCOMP ${id}
`
const fence = 'mqttspec-fence-1'

for (const [title, text, overtaken] of [
  ['behind it on the same way', `${published(7, 'A')}${published(8, 'B')}${got2(1, 'B')}`, [true]],
  ['nothing', `${published(7, 'A')}${published(8, 'B')}`, [undefined, undefined]],
  ['before it', `${published(8, 'B')}${published(7, 'A')}${got2(1, 'B')}`, [undefined]],
  [
    'behind its PUBLISH and before its PUBREL',
    `1> PUBLISH 7 q2 A
     < PUBREC 7
     ${published(8, 'B')}
     > PUBREL 7
     < PUBCOMP 7
     ${got2(1, 'B')}`,
    [undefined],
  ],
  [
    'the sentinel of a fence',
    `${published(7, 'A')}${published(8, fence)}${got2(1, fence)}`,
    [true],
  ],
  [
    'a sentinel from before it',
    `${published(8, fence)}${published(7, 'A')}${got2(1, fence)}`,
    [undefined],
  ],
  [
    'a sentinel from before its PUBREL',
    `1> PUBLISH 7 q2 A
     < PUBREC 7
     ${published(8, fence)}
     > PUBREL 7
     < PUBCOMP 7
     ${got2(1, fence)}`,
    [undefined],
  ],
  [
    'a sentinel on another topic',
    `${published(7, 'A')}${published(8, fence, 't/u')}${got2(1, `${fence} t=t/u`)}`,
    [undefined],
  ],
] as const) {
  t.test(`whether a message comes no more, where there came ${title}`, async t => {
    const { owed } = judge('3.1.1', 'broker', `${scene('t/#:2')}${text}`)
    t.same(
      [...owed()].map(one => one.overtaken),
      overtaken,
    )
  })
}

t.test('what two subscriptions bring comes in no order', async t => {
  const two = scene('t/#:2 t:2', '2,2')
  const text = `${two}${published(7, 'A')}${published(8, 'B')}${got2(1, 'B')}`
  t.same(
    [...judge('3.1.1', 'broker', text).owed()].map(one => one.overtaken),
    [undefined],
  )
})

t.test('messages says who gave and who got each message', async t => {
  const [record] = judge('3.1.1', 'broker', `${scene()}${publish2}${got2(1)}`).messages()
  t.equal(record?.topic, 't')
  t.equal(record?.shown, '"A"')
  t.same(
    record?.publications.map(({ client, qos, outcome }) => ({ client, qos, outcome })),
    [{ client: 'pub', qos: 2, outcome: 'acknowledged' }],
  )
  t.same(record?.received.get('sub')?.byQos, [0, 0, 1])
})

t.test('a copy of a message that was let go of long ago is known as one', async t => {
  let text = scene()
  const turn = (index: number) => `
    1> PUBLISH 7 q2 M${index}
    < PUBREC 7
    > PUBREL 7
    < PUBCOMP 7
    ${got2(1, `M${index}`)}`
  for (let index = 0; index < 4200; index++) text += turn(index)
  t.same(judge('3.1.1', 'broker', text).judge(), [])
  t.same(
    judge('3.1.1', 'broker', `${text}${got2(2, 'M0')}`)
      .judge()
      .map(({ statement }) => statement),
    ['3.1.1:MQTT-4.3.3-2'],
  )
})

t.test(
  'Of a library that cannot tell of completion its silence is not held against it',
  async t => {
    const text = `
    1< CONNECT a kept
    > CONNACK
    app publish q2 m1 A
    < PUBLISH 1 q2 A
    > PUBREC 1
    < PUBREL 1
    > PUBCOMP 1
  `
    const judge = (tellsPublished: boolean) => {
      const ledger = createLedger({ target: 'client', version: '5.0', tellsPublished })
      for (const event of writtenTrace('5.0', 'client', text)) ledger.observe(event)
      return ledger.judge().map(({ message, level }) => `${level} ${message}`)
    }
    t.same(judge(true), ['SHOULD "A" was completed and the application was never told'])
    t.same(judge(false), [])
  },
)

t.test('what is told of a message whose session was lost is ruled by nothing', async t => {
  const sent = `
    < CONNECT a kept
    > CONNACK
    app publish m1 q2 A
    < PUBLISH 1 q2 A
    > PUBREC 1
    < PUBREL 1
    cut
    2< CONNECT a kept
    > CONNACK`
  const breaches = (text: string) =>
    judge('5.0', 'client', text)
      .judge()
      .map(({ level, about }) => `${level} ${about}`)
  t.same(breaches(`${sent} sp\n app published m1`), ['MUST undefined'])
  t.same(breaches(`${sent}\n app published m1`), ['SHOULD dispute'])
})
