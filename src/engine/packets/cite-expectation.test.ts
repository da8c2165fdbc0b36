import t from 'tap'
import type { StatementRef } from '../../model/finding.ts'
import type { Version } from '../../model/version.ts'
import type { Case } from '../../scenario/ast.ts'
import type { TargetRole } from '../../standard/clauses.ts'
import { type CitedMiss, citeFor, isMereEnd } from './cite-expectation.ts'

/** Scenarios by what they cover, what was missed in them, and what that breaks. */
const rows: [string, Version, TargetRole, string[], CitedMiss, string][] = [
  [
    'a queued message with DUP is no breach of the order of CONNACK',
    '3.1.1',
    'broker',
    ['MQTT-3.2.0-1'],
    { packetType: 'PUBLISH', fields: [{ field: 'dup', expected: 'false' }] },
    'MQTT-3.3.1-3',
  ],
  [
    'nor of the granted level',
    '5.0',
    'broker',
    ['MQTT-3.8.4-8'],
    { packetType: 'PUBLISH', fields: [{ field: 'dup', expected: 'false' }] },
    'MQTT-3.3.1-3',
  ],
  [
    'user properties in another order',
    '5.0',
    'broker',
    ['MQTT-4.3.3-11', 'MQTT-3.3.2-17', 'MQTT-3.3.2-18'],
    {
      packetType: 'PUBLISH',
      fields: [
        { field: 'properties.userProperties[0][0]', expected: '"b"', got: '"a"' },
        { field: 'properties.userProperties[1][0]', expected: '"a"', got: '"b"' },
      ],
    },
    'MQTT-3.3.2-18',
  ],
  [
    'those of a will in another order',
    '5.0',
    'broker',
    ['MQTT-3.1.3-10'],
    {
      packetType: 'PUBLISH',
      fields: [
        { field: 'properties.userProperties[0][0]', expected: '"b"', got: '"a"' },
        { field: 'properties.userProperties[1][0]', expected: '"a"', got: '"b"' },
      ],
    },
    'MQTT-3.1.3-10',
  ],
  [
    'a user property that is gone',
    '5.0',
    'broker',
    ['MQTT-4.3.3-11', 'MQTT-3.3.2-18'],
    {
      packetType: 'PUBLISH',
      fields: [{ field: 'properties.userProperties', expected: '3 items', got: '2 items' }],
    },
    'MQTT-3.3.2-17',
  ],
  [
    'a content type that is gone',
    '5.0',
    'broker',
    ['MQTT-4.3.3-11'],
    {
      packetType: 'PUBLISH',
      fields: [{ field: 'properties.contentType', expected: '"text/plain"', got: 'nothing' }],
    },
    'MQTT-3.3.2-20',
  ],
  [
    'a resend without DUP',
    '5.0',
    'client',
    ['MQTT-4.4.0-1'],
    { packetType: 'PUBLISH', fields: [{ field: 'dup', expected: 'true' }] },
    'MQTT-3.3.1-1',
  ],
  [
    'RETAIN of a message for an old subscription',
    '3.1.1',
    'broker',
    ['MQTT-3.3.1-5', 'MQTT-3.3.1-8', 'MQTT-3.3.1-9'],
    { packetType: 'PUBLISH', fields: [{ field: 'retain', expected: 'false' }] },
    'MQTT-3.3.1-9',
  ],
  [
    'a session that is gone',
    '5.0',
    'broker',
    ['MQTT-4.4.0-1'],
    { packetType: 'CONNACK', fields: [{ field: 'sessionPresent', expected: 'true' }] },
    'MQTT-3.2.2-3',
  ],
  [
    'a farewell that does not close is what covers closing',
    '5.0',
    'client',
    ['MQTT-3.14.4-1', 'MQTT-3.14.4-2', 'MQTT-3.14.2-1'],
    { packetType: 'closed' },
    'MQTT-3.14.4-2',
  ],
  [
    'an answer that did not come is not the first thing covered',
    '5.0',
    'broker',
    ['MQTT-3.1.2-23', 'MQTT-4.3.3-11'],
    { packetType: 'PUBCOMP' },
    'MQTT-4.3.3-11',
  ],
  [
    'nor anything else that is about another packet',
    '5.0',
    'broker',
    ['MQTT-3.2.0-1'],
    { packetType: 'PINGRESP' },
    'MQTT-3.12.4-1',
  ],
  [
    'a message that does not come breaks no rule of what stands in it',
    '3.1.1',
    'broker',
    ['MQTT-3.3.2-3', 'MQTT-4.7.1-2', '§4.7.1.2'],
    { packetType: 'PUBLISH', by: 'silence' },
    '§4.7.1.2',
  ],
  [
    'nor one that forbids to send',
    '5.0',
    'broker',
    ['MQTT-3.3.4-9', 'MQTT-4.9.0-2'],
    { packetType: 'PUBLISH', by: 'silence' },
    'MQTT-4.5.0-1',
  ],
  [
    'an answer is owed whatever became of the state',
    '3.1.1',
    'broker',
    ['MQTT-4.4.0-1', 'MQTT-4.1.0-1'],
    { packetType: 'PUBREC', by: 'silence' },
    'MQTT-4.3.3-2',
  ],
  [
    'a client that sends no message owes none to a subscriber',
    '5.0',
    'client',
    ['MQTT-3.2.0-1'],
    { packetType: 'PUBLISH', by: 'silence' },
    '§4.3',
  ],
  [
    'a QoS 0 message too many breaks no rule of DUP',
    '5.0',
    'broker',
    ['MQTT-3.3.1-2', 'MQTT-4.3.1-1'],
    { packetType: 'PUBLISH', by: 'surplus', qos: 0 },
    '§4.3.1',
  ],
  [
    'nor a duty to send it',
    '3.1.1',
    'broker',
    ['MQTT-3.1.2-8', 'MQTT-3.1.2-9', 'MQTT-3.1.2-10'],
    { packetType: 'PUBLISH', by: 'surplus', qos: 1 },
    'MQTT-3.1.2-10',
  ],
  [
    'a connection that ends too early breaks no rule of when to close it',
    '5.0',
    'broker',
    ['MQTT-3.1.2-22', 'MQTT-3.2.2-22'],
    { packetType: 'closed', by: 'end' },
    'MQTT-3.2.2-22',
  ],
  [
    'nor a rule of what may be sent',
    '3.1.1',
    'broker',
    ['MQTT-4.7.2-1'],
    { packetType: 'closed', by: 'end' },
    '§4.8',
  ],
  [
    'nor a rule that is not there',
    '3.1.1',
    'broker',
    ['MQTT-3.1.2-24'],
    { packetType: 'closed', by: 'end' },
    '§4.8',
  ],
  [
    'what was taken from a client that was refused',
    '3.1.1',
    'broker',
    ['MQTT-3.1.4-5'],
    { packetType: 'PUBLISH', by: 'surplus', qos: 0 },
    'MQTT-3.1.4-5',
  ],
  [
    'the QoS of a will is its own',
    '3.1.1',
    'broker',
    ['MQTT-3.1.2-8', 'MQTT-3.1.2-9'],
    { packetType: 'PUBLISH', fields: [{ field: 'qos', expected: '1', got: '0' }] },
    'MQTT-3.1.2-9',
  ],
  [
    'a session that should have ended breaks what ends it',
    '5.0',
    'broker',
    ['MQTT-3.2.2-3', 'MQTT-4.1.0-2'],
    { packetType: 'CONNACK', fields: [{ field: 'sessionPresent', expected: 'false' }] },
    'MQTT-4.1.0-2',
  ],
  [
    'an identifier that is read as payload',
    '5.0',
    'broker',
    ['MQTT-4.3.1-1', 'MQTT-2.2.1-2'],
    { packetType: 'PUBLISH', fields: [{ field: 'payload', expected: '0x07', got: '0x0107' }] },
    'MQTT-2.2.1-2',
  ],
  [
    'another payload, where no rule of it is covered',
    '5.0',
    'broker',
    ['MQTT-4.6.0-5'],
    { packetType: 'PUBLISH', fields: [{ field: 'payload', expected: '"a"', got: '"b"' }] },
    'MQTT-4.6.0-5',
  ],
  [
    'a client that comes back under another identifier',
    '5.0',
    'client',
    ['MQTT-3.1.2-23'],
    { packetType: 'CONNECT', fields: [{ field: 'clientId', expected: '"a"', got: '"a-2"' }] },
    'MQTT-3.1.3-2',
  ],
  [
    'a client that sends below the QoS it was asked for',
    '5.0',
    'client',
    ['MQTT-4.3.3-2'],
    { packetType: 'PUBLISH', fields: [{ field: 'qos', expected: '2', got: '1' }] },
    '§4.3',
  ],
  [
    'codes in another order',
    '3.1.1',
    'broker',
    ['MQTT-3.8.4-1', 'MQTT-3.9.3-1'],
    {
      packetType: 'SUBACK',
      fields: [
        { field: 'codes[1]', expected: '0', got: '1' },
        { field: 'codes[2]', expected: '1', got: '0' },
      ],
    },
    'MQTT-3.9.3-1',
  ],
  [
    'another code',
    '3.1.1',
    'broker',
    ['MQTT-3.8.4-1', 'MQTT-3.9.3-1'],
    { packetType: 'SUBACK', fields: [{ field: 'codes[1]', expected: '0', got: '128' }] },
    'MQTT-3.8.4-1',
  ],
  [
    'a rule of the packet that the scenario is about',
    '3.1.1',
    'broker',
    ['MQTT-3.2.2-2', 'MQTT-3.1.2-5'],
    { packetType: 'PUBLISH' },
    'MQTT-3.1.2-5',
  ],
]

t.test('a miss cites the rule that was broken, not the first that is covered', async t => {
  for (const [title, version, target, covers, missed, wanted] of rows) {
    const refs = covers.map((id): StatementRef => `${version}:${id}`)
    const kase = { version, covers: refs } as Case
    t.equal(citeFor(kase, target, missed), `${version}:${wanted}`, title)
  }
})

t.test('that a server ends a connection is forbidden by no statement', async t => {
  t.ok(isMereEnd('3.1.1:§4.8', 'end'))
  t.ok(isMereEnd('5.0:§4.13', 'end'))
  t.notOk(isMereEnd('5.0:MQTT-3.2.2-22', 'end'), 'where one does, that is broken')
  t.notOk(isMereEnd('3.1.1:§4.8', undefined))
})
