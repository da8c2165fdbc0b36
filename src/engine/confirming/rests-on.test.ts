import t from 'tap'
import {
  caseOf,
  findingOf,
  packetEvent,
  publishOf,
  traceOf,
} from '../../../fixtures/testing/reports/build.ts'
import type { Finding } from '../../model/finding.ts'
import type { CaseResult } from '../../model/report.ts'
import { cameAgain, causeOf, isDoubtful } from './rests-on.ts'

const trace = traceOf([
  packetEvent('pub', 'harness', publishOf({})),
  packetEvent('sub', 'target', publishOf({})),
  { kind: 'close', connection: 1, actor: 'sub', by: 'target', how: 'fin' },
])

function failing(...findings: Partial<Finding>[]): CaseResult {
  const all = findings.map(one => findingOf({ level: 'MUST', judge: 'referee', ...one }))
  return caseOf('a/b:5.0', { verdict: 'fail', trace, findings: all })
}

t.test('what the target sent proves a failure, what did not come does not', async t => {
  t.notOk(isDoubtful(failing({ seq: 1 })), 'a packet of the target')
  t.ok(isDoubtful(failing({ seq: 1, absent: true })), 'what should have come behind it')
  t.ok(isDoubtful(failing({ seq: 0 })), 'a packet of ours')
  t.ok(isDoubtful(failing({ seq: 2 })), 'the end of a connection')
  t.notOk(isDoubtful(failing({ seq: 0, absent: true }, { seq: 1 })), 'one that is proven is enough')
  t.notOk(isDoubtful(failing({ seq: 2, judge: 'audit' })), 'the form of bytes')
  t.notOk(isDoubtful(caseOf('a/b:5.0')), 'no failure')
})

t.test('a cause is the clause, the packet and the shape, without names and numbers', async t => {
  const cause = (expected: string, got = 'nothing') => causeOf(failing({ expected, got }))
  t.equal(cause('PUBREC id=7 within 5000 ms'), cause('PUBREC id=12 within 2000 ms'))
  t.equal(cause('PUBLISH "one" on ms/m12ab001/x'), cause('PUBLISH "two" on ms/m12ab0a1/y'))
  t.not(cause('PUBREC id=7'), cause('PUBREL id=7'))
  t.not(cause('PUBREC id=7'), cause('PUBREC id=7', 'the target closed the connection (FIN)'))
})

t.test('a case shows the same again where it breaks the same clause', async t => {
  const first = failing({ statement: '5.0:MQTT-4.3.3-2' })
  t.ok(cameAgain(first, failing({ statement: '5.0:MQTT-4.3.3-2', got: 'otherwise' })))
  t.notOk(cameAgain(first, failing({ statement: '5.0:MQTT-4.9.0-2' })))
  t.notOk(cameAgain(first, caseOf('a/b:5.0')))
})
