import t from 'tap'
import type { Version } from '../../model/version.ts'
import type { TargetRole } from '../../standard/clauses.ts'
import { judgeWritten } from '../written-trace.ts'

/*
 * One row a rule: a correct history, and the same with one flaw. `{…}` in the text holds `right | wrong`.
 */
type Row = {
  title: string
  target?: TargetRole
  versions?: Version[]
  text: string
  /** Statement ids without version prefix, by version; '' where the flaw is none in that version. */
  breaks: Partial<Record<Version, string>>
  warns?: true
  durable?: true
  /** Two readings of the standard hold: it warns. */
  disputed?: true
}

const start = `
  > CONNECT a kept
  < CONNACK
`
const resumed = `
  cut
  2> CONNECT a kept
  < CONNACK sp
`
const both = (a: string, b: string) => ({ '3.1.1': a, '5.0': b })

const rows: Row[] = [
  // ---- the target as sender
  {
    title: 'A PUBLISH sent again over a resumed session has DUP 1',
    text: `${start} < PUBLISH 7 q2 A ${resumed} < PUBLISH 7 q2 A {dup | }`,
    breaks: both('MQTT-3.3.1-1', 'MQTT-3.3.1-1'),
  },
  {
    title: 'A new PUBLISH has DUP 0 on the first connection of a session',
    text: `${start} < PUBLISH 7 q2 A { | dup}`,
    breaks: both('MQTT-4.3.3-1', 'MQTT-4.3.3-2'),
  },
  {
    title: 'A new PUBLISH of QoS 1 has DUP 0 on the first connection of a session',
    text: `${start} < PUBLISH 7 q1 A { | dup}`,
    breaks: both('MQTT-4.3.2-1', 'MQTT-4.3.2-2'),
  },
  {
    title: 'What was published after the connection was accepted goes out with DUP 0',
    text: `${start} cut
      2> CONNECT a kept
      < CONNACK sp
      3> CONNECT b fresh
      < CONNACK
      > PUBLISH 1 q2 A
      2< PUBLISH 7 q2 A { | dup}`,
    breaks: both('MQTT-4.3.3-1', 'MQTT-4.3.3-2'),
  },
  {
    title: 'QoS 0 never has DUP 1',
    text: `${start} < PUBLISH q0 A { | dup}`,
    breaks: both('MQTT-3.3.1-2', 'MQTT-3.3.1-2'),
  },
  {
    title: 'A new message takes an id that is not in use',
    text: `${start} < PUBLISH 7 q2 A
      < PUBLISH {8 | 7} q2 B`,
    breaks: both('MQTT-2.3.1-4', 'MQTT-2.2.1-4'),
  },
  {
    title: 'An id is in use until PUBCOMP',
    text: `${start} < PUBLISH 7 q2 A
      > PUBREC 7
      < PUBREL 7
      {> PUBCOMP 7 | > PINGREQ
      < PINGRESP}
      < PUBLISH 7 q2 B`,
    breaks: both('MQTT-2.3.1-4', 'MQTT-2.2.1-4'),
  },
  {
    title: 'After PUBREC >= 0x80 the id is free, after another PUBREC it is not',
    versions: ['5.0'],
    text: `${start} < PUBLISH 7 q2 A
      > PUBREC 7 code={0x87 | 0x10}
      < PUBLISH 7 q2 B`,
    breaks: { '5.0': 'MQTT-2.2.1-4' },
  },
  {
    title: 'A message comes again under its own id',
    text: `${start} < PUBLISH 7 q2 A ${resumed} < PUBLISH {7 | 8} q2 A dup`,
    breaks: both('MQTT-2.3.1-4', 'MQTT-4.4.0-1'),
  },
  {
    title: 'PUBLISH is not sent again after PUBREL',
    text: `${start} < PUBLISH 7 q2 A
      > PUBREC 7
      < PUBREL 7 ${resumed} < {PUBREL 7 | PUBLISH 7 q2 A dup}`,
    breaks: both('MQTT-4.3.3-1', 'MQTT-4.3.3-6'),
  },
  {
    title: 'After a PUBREC that was read comes PUBREL',
    text: `${start} < PUBLISH 7 q2 A
      > PUBREC 7
      > PINGREQ
      < PINGRESP ${resumed} < {PUBREL 7 | PUBLISH 7 q2 A dup}`,
    breaks: both('MQTT-4.3.3-1', 'MQTT-4.3.3-4'),
  },
  {
    title: 'PUBREC ids are read in their order',
    text: `${start} < PUBLISH 7 q2 A
      < PUBLISH 8 q2 B
      > PUBREC 7
      > PUBREC 8 ${resumed} {< PUBREL 7 | < PUBLISH 7 q2 A dup}
      < PUBREL 8`,
    breaks: both('MQTT-4.3.3-1', 'MQTT-4.3.3-4'),
  },
  {
    title: 'PUBREL comes only after PUBREC',
    text: `${start} < PUBLISH 7 q2 A
      {> PUBREC 7 | > PINGREQ
      < PINGRESP}
      < PUBREL 7`,
    breaks: both('MQTT-4.3.3-1', 'MQTT-4.3.3-4'),
  },
  {
    title: 'A PUBREC that refuses is not answered by PUBREL',
    versions: ['5.0'],
    text: `${start} < PUBLISH 7 q2 A
      > PUBREC 7 code={0x10 | 0x87}
      < PUBREL 7`,
    breaks: { '5.0': 'MQTT-4.3.3-4' },
  },
  {
    title: 'PUBREL belongs to an exchange',
    text: `${start} < PUBLISH 7 q2 A
      > PUBREC 7
      < PUBREL {7 | 8}`,
    breaks: both('MQTT-2.3.1-6', 'MQTT-2.2.1-5'),
  },
  {
    title: 'Each PUBREC for an unknown id may be answered by PUBREL',
    text: `${start} > PUBREC 9
      > PUBREC 9
      < PUBREL 9
      < PUBREL {9 | 8}`,
    breaks: both('MQTT-2.3.1-6', 'MQTT-2.2.1-5'),
  },
  {
    title: 'A refused message is not sent again once the refusal was read',
    versions: ['5.0'],
    text: `${start} < PUBLISH 7 q2 A
      > PUBREC 7 code=0x87
      { | > PINGREQ
      < PINGRESP} ${resumed} < PUBLISH 7 q2 A dup`,
    breaks: { '5.0': 'MQTT-4.4.0-2' },
  },
  {
    title: 'An acknowledged QoS 1 message is not sent again once PUBACK was read',
    text: `${start} < PUBLISH 7 q1 A
      > PUBACK 7
      { | > PINGREQ
      < PINGRESP} ${resumed} < PUBLISH 7 q1 A dup`,
    breaks: both('MQTT-4.3.2-1', 'MQTT-4.4.0-1'),
  },
  {
    title: '5.0 sends no PUBLISH again on a live connection; 3.1.1 may',
    text: `${start} < PUBLISH 7 q2 A
      { | < PUBLISH 7 q2 A dup}`,
    breaks: both('', 'MQTT-4.4.0-1'),
  },
  {
    title: '5.0 sends no PUBREL again on a live connection; 3.1.1 may',
    text: `${start} < PUBLISH 7 q2 A
      > PUBREC 7
      < PUBREL 7
      { | < PUBREL 7}`,
    breaks: both('', 'MQTT-4.4.0-1'),
  },
  {
    title: '5.0 sends a PUBLISH again once on a resumed session',
    text: `${start} < PUBLISH 7 q2 A ${resumed} < PUBLISH 7 q2 A dup
      { | < PUBLISH 7 q2 A dup}`,
    breaks: both('', 'MQTT-4.4.0-1'),
  },
  {
    title: 'A second PUBREC may be answered by a second PUBREL',
    text: `${start} < PUBLISH 7 q2 A
      > PUBREC 7
      < PUBREL 7
      {> PUBREC 7 | > PINGREQ
      < PINGRESP}
      < PUBREL 7`,
    breaks: both('', 'MQTT-4.4.0-1'),
  },
  {
    title: 'Nothing of a lost session is sent again',
    text: `${start} < PUBLISH 7 q2 A
      cut
      2> CONNECT a fresh
      < CONNACK
      < PUBLISH 7 q2 {B | A dup}`,
    breaks: both('MQTT-3.1.2-6', 'MQTT-3.1.2-4'),
  },
  {
    title: 'A 5.0 client discards its state on Session Present 0; a 3.1.1 client may resend',
    target: 'client',
    text: `< CONNECT a kept
      > CONNACK
      < PUBLISH 7 q2 A
      cut
      2< CONNECT a kept
      > CONNACK
      { | < PUBLISH 7 q2 A dup}`,
    breaks: both('', 'MQTT-3.2.2-5'),
  },
  {
    title: 'A 5.0 client waits for CONNACK before it sends again; a 3.1.1 client need not',
    target: 'client',
    text: `< CONNECT a kept
      > CONNACK
      < PUBLISH 7 q2 A
      cut
      2< CONNECT a kept
      {> CONNACK sp
      < PUBLISH 7 q2 A dup | < PUBLISH 7 q2 A dup
      > CONNACK sp}`,
    breaks: both('', 'MQTT-4.4.0-1'),
  },
  {
    title: 'SUBSCRIBE takes an id that no exchange of the client has',
    target: 'client',
    text: `< CONNECT a kept
      > CONNACK
      < PUBLISH 7 q2 A
      < SUBSCRIBE {8 | 7} t:2`,
    breaks: both('MQTT-2.3.1-2', 'MQTT-2.2.1-3'),
  },
  {
    title: 'PUBLISH takes an id that no SUBSCRIBE waits on',
    target: 'client',
    text: `< CONNECT a kept
      > CONNACK
      < SUBSCRIBE 7 t:2
      {> SUBACK 7 codes=2 | > PUBLISH q0 X}
      < PUBLISH 7 q2 A`,
    breaks: both('MQTT-2.3.1-2', 'MQTT-2.2.1-3'),
  },
  // ---- order
  {
    title: 'Resent PUBLISHes keep their order',
    target: 'client',
    text: `< CONNECT a kept
      > CONNACK
      < PUBLISH 1 q2 A
      < PUBLISH 2 q2 B
      cut
      2< CONNECT a kept
      > CONNACK sp
      < PUBLISH {1 q2 A | 2 q2 B} dup
      < PUBLISH {2 q2 B | 1 q2 A} dup`,
    breaks: both('MQTT-4.6.0-1', 'MQTT-4.6.0-1'),
  },
  {
    title: 'Resent PUBLISHes of a broker on one topic keep their order',
    text: `${start} < PUBLISH 1 q2 A
      < PUBLISH 2 q2 B ${resumed} < PUBLISH {1 q2 A | 2 q2 B} dup
      < PUBLISH {2 q2 B | 1 q2 A} dup`,
    breaks: { '3.1.1': 'MQTT-4.6.0-6' },
    versions: ['3.1.1'],
  },
  {
    title: 'A client sends PUBREL in the order of PUBREC',
    target: 'client',
    text: `< CONNECT a kept
      > CONNACK
      < PUBLISH 1 q2 A
      < PUBLISH 2 q2 B
      > PUBREC 2
      > PUBREC 1
      < PUBREL {2 | 1}
      < PUBREL {1 | 2}`,
    breaks: both('MQTT-4.6.0-4', 'MQTT-4.6.0-4'),
  },
  {
    title: 'A 3.1.1 broker that delivers sends PUBREL in the order of PUBREC; 5.0 does not bind it',
    text: `${start} < PUBLISH 1 q2 A
      < PUBLISH 2 q2 B
      > PUBREC 1
      > PUBREC 2
      < PUBREL {1 | 2}
      < PUBREL {2 | 1}`,
    breaks: both('MQTT-4.6.0-6', ''),
  },
  {
    title: 'A client sends PUBREC in the order of PUBLISH',
    target: 'client',
    text: `< CONNECT a kept
      > CONNACK
      > PUBLISH 1 q2 A
      > PUBLISH 2 q2 B
      < PUBREC {1 | 2}
      < PUBREC {2 | 1}`,
    breaks: both('MQTT-4.6.0-3', 'MQTT-4.6.0-3'),
  },
  {
    title: 'A client sends PUBACK in the order of PUBLISH',
    target: 'client',
    text: `< CONNECT a kept
      > CONNACK
      > PUBLISH 1 q1 A
      > PUBLISH 2 q1 B
      < PUBACK {1 | 2}
      < PUBACK {2 | 1}`,
    breaks: both('MQTT-4.6.0-2', 'MQTT-4.6.0-2'),
  },
  {
    title: "A broker's PUBRECs to its publishers are not bound",
    text: `${start} > PUBLISH 1 q2 A
      > PUBLISH 2 q2 B
      < PUBREC {1 | 2}
      < PUBREC {2 | 1}`,
    breaks: both('', ''),
  },
  // ---- limits
  {
    title: 'Receive Maximum holds for a broker',
    versions: ['5.0'],
    text: `> CONNECT a kept rm=2
      < CONNACK
      < PUBLISH 1 q2 A
      < PUBLISH 2 q1 B
      > {PUBACK 2 | PUBREC 1}
      < PUBLISH 3 q1 C`,
    breaks: { '5.0': 'MQTT-3.3.4-9' },
  },
  {
    title: 'Receive Maximum counts what is sent again',
    versions: ['5.0'],
    text: `> CONNECT a kept
      < CONNACK
      < PUBLISH 1 q2 A
      < PUBLISH 2 q2 B
      cut
      2> CONNECT a kept rm=1
      < CONNACK sp
      < PUBLISH 1 q2 A dup
      {> PUBREC 1 code=0x97 | > PUBREC 1}
      < PUBLISH 2 q2 B dup`,
    breaks: { '5.0': 'MQTT-3.3.4-9' },
  },
  {
    title: 'An overrun is told once a connection',
    versions: ['5.0'],
    text: `> CONNECT a kept rm=1
      < CONNACK
      < PUBLISH 1 q1 A
      { | < PUBLISH 2 q1 B
      < PUBLISH 3 q1 C}`,
    breaks: { '5.0': 'MQTT-3.3.4-9' },
  },
  {
    title: 'Stray acknowledgements give no slots',
    versions: ['5.0'],
    text: `> CONNECT a kept rm=1
      < CONNACK
      < PUBLISH 1 q2 A
      > PUBCOMP 9
      > PUBACK 9
      > PUBACK 1
      { | < PUBLISH 2 q2 B}`,
    breaks: { '5.0': 'MQTT-3.3.4-9' },
  },
  {
    title: 'Receive Maximum holds for a client',
    target: 'client',
    versions: ['5.0'],
    text: `< CONNECT a kept
      > CONNACK rm=1
      < PUBLISH 1 q2 A
      { | < PUBLISH 2 q2 B}`,
    breaks: { '5.0': 'MQTT-3.3.4-7' },
  },
  {
    title: 'Maximum Packet Size holds for a broker',
    versions: ['5.0'],
    text: `> CONNECT a kept mps=20
      < CONNACK
      < PUBLISH 1 q2 A size={20 | 21}`,
    breaks: { '5.0': 'MQTT-3.1.2-24' },
  },
  {
    title: 'Maximum Packet Size holds for a client',
    target: 'client',
    versions: ['5.0'],
    text: `< CONNECT a kept
      > CONNACK mps=20
      < PUBLISH 1 q2 A size={20 | 21}`,
    breaks: { '5.0': 'MQTT-3.2.2-15' },
  },
  {
    title: 'No topic alias without Topic Alias Maximum',
    versions: ['5.0'],
    text: `${start} < PUBLISH 1 q1 A { | alias=1}`,
    breaks: { '5.0': 'MQTT-3.1.2-27' },
  },
  {
    title: 'No topic alias above Topic Alias Maximum',
    versions: ['5.0'],
    text: `> CONNECT a kept tam=2
      < CONNACK
      < PUBLISH 1 q1 A alias={2 | 3}`,
    breaks: { '5.0': 'MQTT-3.1.2-26' },
  },
  {
    title: 'No topic alias 0',
    versions: ['5.0'],
    text: `> CONNECT a kept tam=2
      < CONNACK
      < PUBLISH 1 q1 A alias={1 | 0}`,
    breaks: { '5.0': 'MQTT-3.3.2-8' },
  },
  {
    title: 'A topic alias does not outlive its connection',
    versions: ['5.0'],
    text: `> CONNECT a kept tam=2
      < CONNACK
      < PUBLISH 1 q1 A alias=1
      cut
      2> CONNECT a kept tam=2
      < CONNACK sp
      < PUBLISH 1 q1 A dup alias=1 {t=t | t=}`,
    breaks: { '5.0': 'MQTT-3.3.2-7' },
  },
  {
    title: 'A client keeps to Maximum QoS',
    target: 'client',
    versions: ['5.0'],
    text: `< CONNECT a kept
      > CONNACK mq=1
      < PUBLISH 1 {q1 | q2} A`,
    breaks: { '5.0': 'MQTT-3.2.2-11' },
  },
  {
    title: 'A client sends no RETAIN where it is not available',
    target: 'client',
    versions: ['5.0'],
    text: `< CONNECT a kept
      > CONNACK ra=0
      < PUBLISH 1 q1 A { | retain}`,
    breaks: { '5.0': 'MQTT-3.2.2-14' },
  },
  // ---- the target as receiver
  {
    title: 'QoS 2 is answered by PUBREC',
    text: `${start} > PUBLISH 7 q2 A
      < {PUBREC | PUBACK} 7`,
    breaks: both('MQTT-3.3.4-1', 'MQTT-3.3.4-1'),
  },
  {
    title: 'QoS 1 is answered by PUBACK',
    text: `${start} > PUBLISH 7 q1 A
      < {PUBACK | PUBREC} 7`,
    breaks: both('MQTT-3.3.4-1', 'MQTT-3.3.4-1'),
  },
  {
    title: 'An acknowledgement has the id of the PUBLISH',
    text: `${start} > PUBLISH 7 q1 A
      < PUBACK {7 | 8}`,
    breaks: both('MQTT-2.3.1-6', 'MQTT-2.2.1-5'),
  },
  {
    title: 'PUBREC comes only in answer to PUBLISH',
    warns: true,
    text: `${start} > PUBLISH 7 q2 A
      < PUBREC 7 ${resumed} { | < PUBREC 7}`,
    breaks: both('§4.3.3', '§4.3.3'),
  },
  {
    title: 'PUBCOMP comes only in answer to PUBREL',
    text: `${start} > PUBLISH 7 q2 A
      < PUBREC 7
      {> PUBREL 7 | > PINGREQ
      < PINGRESP}
      < PUBCOMP 7`,
    breaks: both('MQTT-4.3.3-2', 'MQTT-2.2.1-5'),
  },
  {
    title: 'A repeat of a message that was taken is not refused',
    versions: ['5.0'],
    text: `${start} > PUBLISH 7 q2 A
      < PUBREC 7 ${resumed} > PUBLISH 7 q2 A dup
      < PUBREC 7 code={0x00 | 0x91}`,
    breaks: { '5.0': 'MQTT-4.3.3-10' },
  },
  {
    title: 'PUBCOMP 0x92 is for ids that are not known',
    versions: ['5.0'],
    text: `${start} > PUBLISH 7 q2 A
      < PUBREC 7 ${resumed} > PUBREL 7
      < PUBCOMP 7 code={0x00 | 0x92}`,
    breaks: { '5.0': 'MQTT-4.1.0-1' },
  },
  {
    title:
      'Closing is no answer to PUBREL, unless another connection of the same client id has begun',
    text: `${start} > PUBLISH 7 q2 A
      < PUBREC 7
      > PUBREL 7
      2> CONNECT {a | b} kept
      closed 1`,
    breaks: both('MQTT-4.3.3-2', 'MQTT-4.3.3-11'),
  },
  {
    title:
      'Closing is no answer to PUBREL, unless a CONNECT that we cut before CONNACK may be read late',
    text: `2> CONNECT {a | b} kept
      cut 2
      3> CONNECT a kept
      < CONNACK
      > PUBLISH 7 q2 A
      < PUBREC 7
      > PUBREL 7
      closed 3`,
    breaks: both('MQTT-4.3.3-2', 'MQTT-4.3.3-11'),
  },
  {
    title: 'Closing is no answer to PUBREL where the target had ended the other connection itself',
    text: `2> CONNECT a kept
      {cut 2 | closed 2}
      3> CONNECT a kept
      < CONNACK
      > PUBLISH 7 q2 A
      < PUBREC 7
      > PUBREL 7
      closed 3`,
    breaks: both('MQTT-4.3.3-2', 'MQTT-4.3.3-11'),
  },
  {
    title: 'Closing is no answer to a PUBREL',
    text: `${start} > PUBLISH 7 q2 A
      < PUBREC 7
      > PUBREL 7
      {< PUBCOMP 7 | closed}`,
    breaks: both('MQTT-4.3.3-2', 'MQTT-4.3.3-11'),
  },
  {
    title: 'Closing is no answer to a PUBREL of a PUBCOMP that was lost',
    text: `${start} > PUBLISH 7 q2 A
      < PUBREC 7
      > PUBREL 7
      < PUBCOMP 7
      lose ${resumed} > PUBREL 7
      {< PUBCOMP 7 | closed}`,
    breaks: both('MQTT-4.3.3-2', 'MQTT-4.3.3-11'),
  },
  {
    title: 'Closing is no answer to a repeat of what was taken',
    text: `${start} > PUBLISH 7 q2 A
      < PUBREC 7 ${resumed} > PUBLISH 7 q2 A dup
      {< PUBREC 7 | closed}`,
    breaks: both('MQTT-4.3.3-2', 'MQTT-4.3.3-10'),
  },
  {
    title: '5.0: closing is legal where we repeat a PUBLISH on one connection',
    versions: ['5.0'],
    text: `${start} > PUBLISH 7 q2 A
      < PUBREC 7
      > PUBLISH 7 q2 A dup
      {< PUBREC 7 | closed}`,
    breaks: { '5.0': '' },
  },
  {
    title: 'SUBACK answers a SUBSCRIBE',
    text: `${start} > SUBSCRIBE 3 t:2
      < SUBACK {3 | 4} codes=2`,
    breaks: both('MQTT-2.3.1-7', 'MQTT-2.2.1-6'),
  },
  {
    title: 'What answers a request may cross with our DISCONNECT',
    text: `${start} > SUBSCRIBE 3 t:2
      > PINGREQ
      > DISCONNECT
      { | < SUBACK 3 codes=2}
      { | < PINGRESP}
      closed`,
    breaks: both('', ''),
  },
  {
    title: 'One SUBACK answers a SUBSCRIBE with several filters',
    text: `${start} > SUBSCRIBE 3 t:2 u:1
      < SUBACK 3 codes=2,1
      { | < SUBACK 3 codes=1}`,
    breaks: both('MQTT-3.8.4-4', 'MQTT-3.8.4-5'),
  },
  {
    title: 'One UNSUBACK answers an UNSUBSCRIBE with several filters',
    text: `${start} > UNSUBSCRIBE 3 t u
      < UNSUBACK 3 codes=0,0
      { | < UNSUBACK 3 codes=0}`,
    breaks: both('MQTT-3.10.4-6', 'MQTT-3.10.4-6'),
  },
  {
    title: 'SUBACK has a code for each filter',
    text: `${start} > SUBSCRIBE 3 t:2 u:1
      < SUBACK 3 codes={2,1 | 2}`,
    breaks: both('MQTT-3.8.4-5', 'MQTT-3.8.4-6'),
  },
  {
    title: 'PINGRESP answers a PINGREQ',
    warns: true,
    text: `${start} > PINGREQ
      < PINGRESP
      { | < PINGRESP}`,
    breaks: both('§3.13', '§3.13'),
  },
  // ---- connections and sessions
  {
    title: 'CONNACK comes first',
    text: `> CONNECT a kept
      {< CONNACK
      < PUBLISH 1 q1 A | < PUBLISH 1 q1 A
      < CONNACK}`,
    breaks: both('MQTT-3.2.0-1', 'MQTT-3.2.0-1'),
  },
  {
    title: 'CONNACK comes once',
    text: `${start} { | < CONNACK}`,
    breaks: both('MQTT-3.2.0-1', 'MQTT-3.2.0-2'),
  },
  {
    title: 'CONNECT comes first and once',
    target: 'client',
    text: `< CONNECT a kept
      > CONNACK
      { | < CONNECT a kept}`,
    breaks: both('MQTT-3.1.0-2', 'MQTT-3.1.0-2'),
  },
  {
    title: 'Only a client sends SUBSCRIBE',
    text: `${start} { | < SUBSCRIBE 1 t:1}`,
    breaks: both('§2.2.1', '§2.1.2'),
  },
  {
    title: 'A broker of 3.1.1 sends no DISCONNECT',
    text: `${start} { | < DISCONNECT code=0x8b}`,
    breaks: both('§2.2.1', ''),
  },
  {
    title: 'How often a PUBREC of ours for an id that is over is answered is disputed',
    text: `${start} < PUBLISH 7 q2 A
      > PUBREC 7
      < PUBREL 7
      > PUBCOMP 7
      > PINGREQ
      < PINGRESP
      > PUBREC 7
      < PUBREL 7
      { | < PUBREL 7}`,
    breaks: both('MQTT-2.3.1-6', 'MQTT-2.2.1-5'),
    disputed: true,
  },
  {
    title: 'A QoS 1 message goes on as such after a PUBREC of ours',
    text: `${start} < PUBLISH 7 q1 A
      > PUBREC 7 ${resumed} { | < PUBREL 7}
      < PUBLISH 7 q1 A dup`,
    breaks: both('MQTT-4.4.0-1', 'MQTT-4.4.0-1'),
  },
  {
    title: 'What is taken for a CONNECT that cannot be read is answered by CONNACK first',
    text: `raw
      {< CONNACK | }
      > PINGREQ
      < PINGRESP`,
    breaks: both('MQTT-3.2.0-1', 'MQTT-3.2.0-1'),
  },
  {
    title: 'No DISCONNECT before CONNACK',
    versions: ['5.0'],
    text: `> CONNECT a kept
      { | < DISCONNECT code=0x81}
      closed`,
    breaks: { '5.0': 'MQTT-3.14.0-1' },
  },
  {
    title: 'No AUTH of a broker where CONNECT named no method',
    versions: ['5.0'],
    text: `${start} { | < AUTH code=0x18}`,
    breaks: { '5.0': 'MQTT-4.12.0-6' },
  },
  {
    title: 'No AUTH of a client that named no method',
    target: 'client',
    versions: ['5.0'],
    text: `< CONNECT a kept
      > CONNACK
      { | < AUTH code=0x19}`,
    breaks: { '5.0': 'MQTT-4.12.0-7' },
  },
  {
    title: 'Nothing follows DISCONNECT',
    target: 'client',
    text: `< CONNECT a kept
      > CONNACK
      < DISCONNECT
      { | < PINGREQ}
      closed`,
    breaks: both('MQTT-3.14.4-2', 'MQTT-3.14.4-1'),
  },
  {
    title: 'Session Present 0 answers a clean start',
    text: `${start} cut
      2> CONNECT a fresh
      < CONNACK { | sp}`,
    breaks: both('MQTT-3.2.2-1', 'MQTT-3.2.2-2'),
  },
  {
    title: 'Session Present 0 with a refusal',
    text: `${start} cut
      2> CONNECT a kept
      < CONNACK code=0x05 { | sp}
      closed`,
    breaks: both('MQTT-3.2.2-4', 'MQTT-3.2.2-6'),
  },
  {
    title: 'Session Present 0 where no session can be',
    text: `> CONNECT a kept
      < CONNACK { | sp}`,
    breaks: both('MQTT-3.2.2-3', 'MQTT-3.2.2-3'),
  },
  {
    title: 'Session Present 1 where a session was to be kept',
    text: `${start} cut
      2> CONNECT a kept
      < CONNACK {sp | }`,
    breaks: both('MQTT-3.2.2-2', 'MQTT-3.2.2-3'),
  },
  {
    title: 'A session of Clean Session 1 ends with its connection',
    versions: ['3.1.1'],
    text: `> CONNECT a fresh
      < CONNACK
      cut
      2> CONNECT a kept
      < CONNACK { | sp}`,
    breaks: { '3.1.1': 'MQTT-3.1.2-6' },
  },
  {
    title: 'A session expires',
    versions: ['5.0'],
    text: `> CONNECT a kept exp=5
      < CONNACK
      cut
      at {6000 | 8000}
      2> CONNECT a kept exp=5
      < CONNACK sp`,
    breaks: { '5.0': 'MQTT-4.1.0-2' },
  },
  {
    title: 'A session does not expire early',
    versions: ['5.0'],
    text: `> CONNECT a kept exp=9
      < CONNACK
      cut
      at {8500 | 3000}
      2> CONNECT a kept exp=9
      < CONNACK`,
    breaks: { '5.0': 'MQTT-3.2.2-3' },
  },
  {
    title: 'DISCONNECT 0x93 needs an overrun',
    versions: ['5.0'],
    text: `> CONNECT a kept
      < CONNACK rm=1
      > PUBLISH 1 q2 A
      {> PUBLISH 2 q2 B | > PINGREQ}
      < DISCONNECT code=0x93
      closed`,
    breaks: { '5.0': '§4.9' },
  },
  {
    title: 'State that a restarted broker claims and misses is a durability finding',
    durable: true,
    text: `${start} < PUBLISH 7 q2 A
      > PUBREC 7
      < PUBREL 7
      restart kill
      2> CONNECT a kept
      < CONNACK sp
      < {PUBREL 7 | PUBLISH 7 q2 A dup}`,
    breaks: both('MQTT-4.3.3-1', 'MQTT-4.3.3-6'),
  },
]

/** `{right | wrong}` chosen. */
function choose(text: string, which: 'right' | 'wrong'): string {
  return text.replace(/\{([^|}]*)\|([^}]*)\}/g, (_, right: string, wrong: string) =>
    (which === 'right' ? right : wrong).trim(),
  )
}

/** A space between two lines of a template is a line break. */
function lines(text: string): string {
  return text
    .replace(/ (?=(\d*[<>]|cut|closed|lose|restart|at) )/g, '\n')
    .replace(/ (cut|closed)\n/g, '\n$1\n')
}

for (const row of rows) {
  const target = row.target ?? 'broker'
  for (const version of row.versions ?? (['3.1.1', '5.0'] as const)) {
    t.test(`${row.title} (${target}, ${version})`, async t => {
      const right = judgeWritten(version, target, lines(choose(row.text, 'right')))
      t.same(right.breaches, [], 'the correct history passes')
      const wrong = judgeWritten(version, target, lines(choose(row.text, 'wrong')))
      const statement = row.breaks[version]
      if (statement === '') {
        t.same(wrong.breaches, [], 'the other history is legal too')
        return
      }
      t.equal(wrong.breaches.length, 1, 'one breach')
      const breach = wrong.breaches[0]
      t.equal(breach?.statement, `${version}:${statement}`)
      t.equal(breach?.level, row.warns || row.disputed ? 'SHOULD' : 'MUST')
      const about = row.durable ? 'durability' : row.disputed ? 'dispute' : undefined
      t.equal(breach?.about, about)
      t.equal(breach?.judge, 'referee')
    })
  }
}
