import t from 'tap'
import type { Version } from '../model/version.ts'
import type { TargetRole } from '../standard/clauses.ts'
import { judgeWritten } from './written-trace.ts'

/*
 * What the target still owes at the end of a history: `owes` as `packet id`, and the breaches if it never comes.
 */
type Row = {
  title: string
  target?: TargetRole
  versions?: Version[]
  text: string
  owes: string[]
  /** `level statement`, without version. */
  overdue: Partial<Record<Version, string[]>>
}

const both = (...statements: string[]) => ({ '3.1.1': statements, '5.0': statements })
const nothing = both()
const begin = '> CONNECT a kept\n< CONNACK\n'
const resume = 'cut\n2> CONNECT a kept\n< CONNACK sp\n'

const rows: Row[] = [
  {
    title: 'A CONNECT asks for CONNACK',
    text: '> CONNECT a kept',
    owes: ['CONNACK'],
    overdue: { '3.1.1': ['MUST MQTT-3.1.4-4'], '5.0': ['MUST MQTT-3.1.4-5'] },
  },
  {
    title: 'Each packet of ours asks for its answer',
    text: `${begin}> PUBLISH 1 q1 A\n> PUBLISH 2 q2 B\n> PUBREL 3\n> SUBSCRIBE 4 t:2\n> UNSUBSCRIBE 5 t\n> PINGREQ`,
    owes: ['PUBACK 1', 'PUBREC 2', 'PUBCOMP 3', 'SUBACK 4', 'UNSUBACK 5', 'PINGRESP'],
    overdue: {
      '3.1.1': [
        'MUST MQTT-4.3.2-2',
        'MUST MQTT-4.3.3-2',
        'MUST MQTT-4.3.3-2',
        'MUST MQTT-3.8.4-1',
        'MUST MQTT-3.10.4-4',
        'MUST MQTT-3.12.4-1',
      ],
      '5.0': [
        'MUST MQTT-4.3.2-4',
        'MUST MQTT-4.3.3-8',
        'MUST MQTT-4.3.3-11',
        'MUST MQTT-3.8.4-1',
        'MUST MQTT-3.10.4-4',
        'MUST MQTT-3.12.4-1',
      ],
    },
  },
  {
    title: 'What was answered is owed no more',
    text: `${begin}> PUBLISH 1 q1 A\n< PUBACK 1\n> PUBLISH 2 q2 B\n< PUBREC 2\n> PUBREL 2\n< PUBCOMP 2`,
    owes: [],
    overdue: nothing,
  },
  {
    title: 'Each copy before PUBREL asks for its own PUBREC',
    versions: ['3.1.1'],
    text: `${begin}> PUBLISH 2 q2 B\n> PUBLISH 2 q2 B dup\n> PUBLISH 2 q2 B dup\n< PUBREC 2`,
    owes: ['PUBREC 2', 'PUBREC 2'],
    overdue: { '3.1.1': ['MUST MQTT-4.3.3-2', 'MUST MQTT-4.3.3-2'] },
  },
  {
    title: 'A repeat of what was taken asks for PUBREC over a new connection',
    text: `${begin}> PUBLISH 2 q2 B\n< PUBREC 2\n${resume}> PUBLISH 2 q2 B dup`,
    owes: ['PUBREC 2'],
    overdue: { '3.1.1': ['MUST MQTT-4.3.3-2'], '5.0': ['MUST MQTT-4.3.3-10'] },
  },
  {
    title: 'A closed connection owes nothing',
    text: `${begin}> PUBLISH 2 q2 B\ncut`,
    owes: [],
    overdue: nothing,
  },
  {
    title: 'After our DISCONNECT nothing is owed',
    text: `${begin}> PUBLISH 2 q2 B\n> DISCONNECT`,
    owes: [],
    overdue: nothing,
  },
  {
    title: 'After raw bytes nothing is owed',
    text: `${begin}> PUBLISH 2 q2 B\nraw`,
    owes: [],
    overdue: nothing,
  },
  {
    title: 'While we do not read nothing is owed',
    text: `${begin}> PUBLISH 2 q2 B\nstall`,
    owes: [],
    overdue: nothing,
  },
  {
    title: 'PUBREC asks for PUBREL',
    text: `${begin}< PUBLISH 7 q2 A\n> PUBREC 7`,
    owes: ['PUBREL 7'],
    overdue: { '3.1.1': ['MUST MQTT-4.3.3-1'], '5.0': ['MUST MQTT-4.3.3-4'] },
  },
  {
    title: 'PUBREC again asks for nothing',
    text: `${begin}< PUBLISH 7 q2 A\n> PUBREC 7\n< PUBREL 7\n> PUBREC 7`,
    owes: [],
    overdue: nothing,
  },
  {
    title: 'PUBREC >= 0x80 asks for nothing',
    versions: ['5.0'],
    text: `${begin}< PUBLISH 7 q2 A\n> PUBREC 7 code=0x87`,
    owes: [],
    overdue: nothing,
  },
  {
    title: 'PUBREC for an unknown id is worth a warning, and no waiting',
    text: `${begin}> PUBREC 7\nfence`,
    owes: [],
    overdue: { '3.1.1': ['SHOULD MQTT-4.3.3-1'], '5.0': ['SHOULD MQTT-4.3.3-4'] },
  },
  {
    title: 'A resumed session owes PUBLISH, PUBREL, or either',
    text: `${begin}< PUBLISH 1 q2 A\n< PUBLISH 2 q2 B\n> PUBREC 2\n< PUBREL 2\n< PUBLISH 3 q2 C\n> PUBREC 3\n< PUBLISH 4 q1 D\n${resume}`,
    owes: ['PUBREL 2', 'PUBLISH 1', 'PUBLISH 4', 'PUBLISH 3'],
    overdue: both(...Array(4).fill('MUST MQTT-4.4.0-1')),
  },
  {
    title: 'What may be over is owed no resend',
    text: `${begin}< PUBLISH 1 q1 A\n> PUBACK 1\n< PUBLISH 2 q2 B\n> PUBREC 2\n< PUBREL 2\n> PUBCOMP 2\n${resume}`,
    owes: [],
    overdue: nothing,
  },
  {
    title: 'Resent is paid',
    text: `${begin}< PUBLISH 1 q2 A\n< PUBLISH 2 q2 B\n> PUBREC 2\n< PUBREL 2\n${resume}< PUBLISH 1 q2 A dup\n< PUBREL 2`,
    owes: [],
    overdue: nothing,
  },
  {
    title: 'A PUBLISH may wait for a window, a PUBREL may not',
    text: `${begin}< PUBLISH 1 q2 A\n< PUBLISH 2 q2 B\n< PUBLISH 3 q2 C\n> PUBREC 3\n< PUBREL 3\n${resume}< PUBLISH 1 q2 A dup`,
    owes: ['PUBREL 3'],
    overdue: both('MUST MQTT-4.4.0-1'),
  },
  {
    title: 'What grew too large for the new Maximum Packet Size may vanish',
    versions: ['5.0'],
    text: `${begin}< PUBLISH 1 q2 A size=50\ncut\n2> CONNECT a kept mps=40\n< CONNACK sp`,
    owes: [],
    overdue: nothing,
  },
  {
    title: 'A second cut leaves the debt',
    text: `${begin}< PUBLISH 1 q2 A\n< PUBLISH 2 q2 B\n${resume}< PUBLISH 1 q2 A dup\ncut\n3> CONNECT a kept\n< CONNACK sp`,
    owes: ['PUBLISH 1', 'PUBLISH 2'],
    overdue: both('MUST MQTT-4.4.0-1', 'MUST MQTT-4.4.0-1'),
  },
  {
    title: 'A new session owes nothing of the old one',
    text: `${begin}< PUBLISH 1 q2 A\ncut\n2> CONNECT a fresh\n< CONNACK`,
    owes: [],
    overdue: nothing,
  },
  {
    title: 'A client owes its resends once it knows that the session is present',
    target: 'client',
    text: `< CONNECT a kept\n> CONNACK\n< PUBLISH 1 q2 A\ncut\n2< CONNECT a kept\n> CONNACK sp`,
    owes: ['PUBLISH 1'],
    overdue: both('MUST MQTT-4.4.0-1'),
  },
  {
    title: 'A client owes nothing after Session Present 0',
    target: 'client',
    text: `< CONNECT a kept\n> CONNACK\n< PUBLISH 1 q2 A\ncut\n2< CONNECT a kept\n> CONNACK`,
    owes: [],
    overdue: nothing,
  },
  {
    title: 'A 5.0 client without a session closes on Session Present 1',
    target: 'client',
    versions: ['5.0'],
    text: `< CONNECT a kept\n> CONNACK sp`,
    owes: ['DISCONNECT'],
    overdue: { '5.0': ['MUST MQTT-3.2.2-4'] },
  },
  {
    title: 'A takeover closes the earlier connection',
    text: `${begin}2> CONNECT a kept\n< CONNACK sp`,
    owes: ['DISCONNECT'],
    overdue: { '3.1.1': ['MUST MQTT-3.1.4-2'], '5.0': ['MUST MQTT-3.1.4-3'] },
  },
  {
    title: 'A refused connection is closed',
    text: `> CONNECT a kept\n< CONNACK code=0x87`,
    owes: ['DISCONNECT'],
    overdue: { '3.1.1': ['MUST MQTT-3.2.2-5'], '5.0': ['MUST MQTT-3.2.2-7'] },
  },
  {
    title: 'A client closes after its DISCONNECT',
    target: 'client',
    text: `< CONNECT a kept\n> CONNACK\n< DISCONNECT`,
    owes: ['DISCONNECT'],
    overdue: { '3.1.1': ['MUST MQTT-3.14.4-1'], '5.0': ['MUST MQTT-3.14.4-2'] },
  },
  {
    title: '3.1 only recommends the resend',
    versions: ['3.1'],
    text: `> CONNECT a kept\n< CONNACK\n< PUBLISH 1 q2 A\ncut\n2> CONNECT a kept\n< CONNACK`,
    owes: ['PUBLISH 1'],
    overdue: { '3.1': ['SHOULD §4.2'] },
  },
]

for (const { title, target = 'broker', versions, text, owes, overdue } of rows) {
  for (const version of versions ?? (['3.1.1', '5.0'] as const)) {
    t.test(`${title} (${target}, ${version})`, async t => {
      const { breaches, referee } = judgeWritten(version, target, text)
      t.same(breaches, [], 'nothing is wrong so far')
      const owed = [...referee.owed()]
      t.same(
        owed.map(({ packet, id }) => (id === undefined ? packet : `${packet} ${id}`)),
        owes,
      )
      t.same(
        referee
          .overdue()
          .map(({ level, statement }) => `${level} ${statement.replace(/^[^:]*:/, '')}`),
        overdue[version],
      )
      for (const { connection, since } of owed) t.ok(connection >= 1 && since >= 0)
    })
  }
}

t.test('a restart turns a missing resend into a durability finding', async t => {
  const { referee } = judgeWritten(
    '3.1.1',
    'broker',
    `${begin}< PUBLISH 1 q2 A\nrestart kill\n2> CONNECT a kept\n< CONNACK sp`,
  )
  t.same(
    referee.overdue().map(({ statement, about }) => ({ statement, about })),
    [{ statement: '3.1.1:MQTT-4.4.0-1', about: 'durability' }],
  )
})

t.test('a connection that stays open is said to be so, and not as a packet', async t => {
  const said = (target: 'broker' | 'client', text: string) =>
    judgeWritten('5.0', target, text).referee.overdue()[0]?.message
  t.equal(
    said('broker', '> CONNECT a kept\n< CONNACK code=0x87'),
    'The target never closed the connection after CONNACK code 0x87',
  )
  t.equal(
    said('broker', `${begin}2> CONNECT a kept\n< CONNACK sp`),
    'The target never closed the earlier connection of the client id',
  )
  t.equal(
    said('client', '< CONNECT a kept\n> CONNACK\n< DISCONNECT'),
    'The target never closed the connection after DISCONNECT',
  )
})

t.test('a client that saw no answer to its first CONNECT may hold what it asked for', async t => {
  const owes = (text: string) =>
    judgeWritten('5.0', 'client', `${text}\n> CONNACK sp`).referee.overdue()
  t.equal(owes('< CONNECT a kept').length, 1, 'the first CONNECT: there can be no session')
  t.same(owes('< CONNECT a kept\ncut\n2< CONNECT a kept'), [], 'nobody says what became of it')
  t.equal(owes('< CONNECT a fresh\ncut\n2< CONNECT a kept').length, 1, 'a clean start before')
  t.equal(
    owes('< CONNECT a kept\n> CONNACK code=0x88\ncut\n2< CONNECT a kept').length,
    1,
    'a refusal before',
  )
})
