import t from 'tap'
import type { StatementRef } from '../model/finding.ts'
import type { Version } from '../model/version.ts'
import type { Case } from '../scenario/ast.ts'
import type { TargetRole } from '../standard/clauses.ts'
import { type CitedMiss, citeFor } from './cite-expectation.ts'

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
