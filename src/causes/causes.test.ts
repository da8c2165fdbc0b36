import t from 'tap'
import {
  ackOf,
  caseOf,
  findingOf,
  packetEvent,
  publishOf,
  traceOf,
} from '../../fixtures/testing/reports/build.ts'
import type { Finding } from '../model/finding.ts'
import type { CaseResult } from '../model/report.ts'
import { causesOf } from './causes.ts'

const dup: Partial<Finding> = {
  statement: '5.0:MQTT-3.3.1-1',
  message: 'PUBLISH id 7 was sent again without DUP',
  seq: 1,
  judge: 'referee',
}

function failed(id: string, finding: Partial<Finding>, more: Partial<CaseResult> = {}) {
  return caseOf(id, { verdict: 'fail', findings: [findingOf(finding)], ...more })
}

t.test('what differs only by ids, payloads and topics is one cause', async t => {
  const causes = causesOf([
    failed('a/x:5.0', { ...dup, message: 'PUBLISH id 7 of "once" on ms/m1/a was sent again' }),
    failed('a/y:5.0', { ...dup, message: 'PUBLISH id 31 of "m-2" on ms/m1/b/c was sent again' }),
    caseOf('a/z:5.0'),
  ])
  t.match(causes, [
    { says: 'PUBLISH id # of "..." on ... was sent again', cases: ['a/x:5.0', 'a/y:5.0'] },
  ])
  t.equal(causes[0]?.name, 'publish-id-of-on-was-sent-again')
})

t.test(
  'another statement, another level of QoS, another packet are causes of their own',
  async t => {
    const trace = traceOf([
      packetEvent('sub', 'target', publishOf()),
      packetEvent('sub', 'target', ackOf('PUBREL')),
    ])
    const causes = causesOf([
      failed('a/1:5.0', { ...dup, message: 'it came at QoS 1', seq: 0 }, { trace }),
      failed('a/2:5.0', { ...dup, message: 'it came at QoS 2', seq: 0 }, { trace }),
      failed('a/3:5.0', { ...dup, message: 'it came at QoS 1', seq: 1 }, { trace }),
      failed('a/4:5.0', { ...dup, message: 'it came at QoS 1', statement: '5.0:MQTT-3.3.1-2' }),
    ])
    t.same(causes.map(({ packet }) => packet).sort(), ['PUBLISH', 'PUBLISH', 'PUBREL', undefined])
    t.equal(new Set(causes.map(({ name }) => name)).size, 4, 'each has a name of its own')
  },
)

t.test('a scenario that fails alike in two versions joins their causes', async t => {
  const old = { ...dup, statement: '3.1.1:MQTT-4.3.3-1' as const }
  const causes = causesOf([
    failed('a/x:5.0:close=fin', dup),
    failed('a/x:3.1.1:close=fin', old),
    failed('a/only-there:3.1.1', old),
    failed('a/only-here:5.0', dup),
  ])
  t.equal(causes.length, 1)
  t.same(causes[0]?.statements, ['3.1.1:MQTT-4.3.3-1', '5.0:MQTT-3.3.1-1'])
  t.equal(causes[0]?.cases.length, 4)
})

t.test(
  'a case belongs to what broke first in it, and at one event to who names the rule',
  async t => {
    const expectation = { message: 'sub got no PUBREL', judge: 'expectation', seq: 1 } as const
    const later = { ...dup, message: 'a later breach', seq: 5 }
    const told = caseOf('a/x:5.0', {
      verdict: 'fail',
      findings: [findingOf(later), findingOf(expectation), findingOf(dup)],
    })
    t.match(causesOf([told]), [{ says: 'PUBLISH id # was sent again without DUP' }])
    const disputed = findingOf({ ...dup, about: 'dispute', seq: 0 })
    const beside = caseOf('a/y:5.0', { verdict: 'fail', findings: [disputed, findingOf(later)] })
    t.match(
      causesOf([beside]),
      [{ says: 'a later breach' }],
      'what failed it, not what warned before',
    )
  },
)

t.test(
  'the simplest case stands first: undisturbed, on few connections, with few packets',
  async t => {
    const open = { kind: 'open', connection: 1, actor: 'a', by: 'harness', version: '5.0' } as const
    const publish = packetEvent('a', 'target', publishOf())
    const causes = causesOf([
      failed(
        'a/two-connections:5.0',
        { ...dup, seq: 0 },
        { trace: traceOf([open, open, publish]) },
      ),
      failed(
        'a/long:5.0',
        { ...dup, seq: 0 },
        { trace: traceOf([open, publish, publish, publish]) },
      ),
      failed('a/short:5.0', { ...dup, seq: 0 }, { trace: traceOf([open, publish]) }),
      failed('a/nothing-to-see:5.0', { ...dup, seq: 0 }),
    ])
    const names = causes.flatMap(({ cases }) => cases)
    const order = ['a/short:5.0', 'a/long:5.0', 'a/two-connections:5.0', 'a/nothing-to-see:5.0']
    t.same(
      names,
      order.filter(id => names.includes(id)),
    )
  },
)

t.test(
  'a prerequisite is on top with what it held back, then the most cases, warnings last',
  async t => {
    const id = 'prerequisites/broker/qos-2:5.0'
    const reason = `because ${id} failed`
    const causes = causesOf([
      caseOf('a/w:5.0', { verdict: 'warn', findings: [findingOf({ level: 'SHOULD' })] }),
      failed('a/one:5.0', { message: 'alone' }),
      failed('a/two:5.0', { message: 'often' }),
      failed('a/three:5.0', { message: 'often' }),
      failed(id, { message: 'no PUBREC' }, { suite: 'prerequisites/broker' }),
      caseOf('a/h:5.0', { verdict: 'skipped', reason }),
      caseOf('a/i:5.0', { verdict: 'skipped', reason: `QoS 2 does not work: ${reason}` }),
    ])
    t.same(
      causes.map(({ says }) => says),
      ['no PUBREC', 'often', 'alone', 'the message was delivered twice'],
    )
    t.equal(causes[0]?.heldBack, 2)
    t.equal(causes.at(-1)?.verdict, 'warn')
  },
)

t.test('what goes on after malformed packets of one type does so for one cause', async t => {
  const statement = '5.0:MQTT-4.13.1-1'
  const kept = (what: string) =>
    `The target kept the connection open after ${what}; it answered our PINGREQ`
  const causes = causesOf([
    failed('a/1:5.0', { statement, message: kept('a PUBACK with a byte behind its last field') }),
    failed('a/2:5.0', { statement, message: kept('a PUBACK that ends in its identifier') }),
    failed('a/3:5.0', { statement, message: kept('a PUBREC that ends in its identifier') }),
    failed('a/4:5.0', { statement, message: kept('CONNACK') }),
    failed('a/5:5.0', { statement, message: 'The target went on after a PUBREL; it sent CONNACK' }),
  ])
  t.same(
    causes.map(({ says, cases }) => `${cases.length} ${says}`),
    [
      `2 ${kept('a wrong PUBACK')}`,
      `1 ${kept('CONNACK')}`,
      `1 ${kept('a wrong PUBREC')}`,
      '1 The target went on after a PUBREL; it sent CONNACK',
    ],
  )
})
