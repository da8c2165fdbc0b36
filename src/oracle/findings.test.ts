import t from 'tap'
import type { Breach } from '../model/finding.ts'
import { isTold } from './findings.ts'

const breach = (fields: Partial<Breach>): Breach => ({
  statement: '5.0:MQTT-3.3.1-1',
  level: 'MUST',
  message: 'PUBLISH id 7 was sent again without DUP',
  expected: 'DUP 1',
  got: 'DUP 0',
  seq: 5,
  judge: 'referee',
  ...fields,
})
const known = [breach({})]

t.test('one missing DUP is one MUST, whoever else stumbles over that packet', async t => {
  t.ok(isTold(known, breach({ statement: '5.0:MQTT-4.4.0-1', judge: 'expectation' })))
  t.ok(isTold(known, breach({ statement: '5.0:MQTT-4.6.0-1', message: 'out of order' })))
  t.ok(isTold(known, breach({ level: 'SHOULD', statement: '5.0:§4.3' })))
})

t.test('the same rule broken again in the same way is the same finding', async t => {
  t.ok(isTold(known, breach({ seq: 9, message: 'PUBLISH id 8 was sent again without DUP' })))
  t.ok(
    isTold(
      known,
      breach({ seq: 9, message: 'sub expected PUBLISH dup=true', judge: 'expectation' }),
    ),
  )
  t.notOk(
    isTold(known, breach({ seq: 9, message: 'A retained message has no DUP' })),
    'in another way',
  )
  t.notOk(isTold(known, breach({ seq: 9, statement: '5.0:MQTT-4.4.0-1' })), 'another rule')
})

t.test('what is graver is told beside what is not', async t => {
  const mild = [breach({ level: 'SHOULD' })]
  t.notOk(isTold(mild, breach({ statement: '5.0:MQTT-4.4.0-1' })), 'a MUST at the same packet')
  t.notOk(isTold([breach({ about: 'dispute' })], breach({})), 'certain where it was disputed')
  t.notOk(isTold([breach({ about: 'durability' })], breach({})), 'not for want of durability')
})

t.test('a loss that the ledger knows is not counted once more by verify', async t => {
  const loss = breach({
    statement: '5.0:MQTT-4.5.0-1',
    judge: 'ledger',
    message: '"m-7" was acknowledged and never delivered to subscriber',
  })
  const counted = { ...loss, seq: 3, message: '"m-7" was never delivered to subscriber' }
  t.ok(isTold([loss], counted))
  t.notOk(isTold([loss], { ...counted, message: '"m-7" was never delivered to other' }))
  t.notOk(isTold([loss], { ...counted, statement: '5.0:MQTT-4.3.3-2' }), 'by another rule')
})

t.test('two judges that say the same say it once', async t => {
  const says = {
    seq: 9,
    message: 'The target sent DISCONNECT: a packet that only the other side may send',
  }
  t.ok(isTold([breach({ ...says, judge: 'audit' })], breach({ ...says, seq: 11 })))
})
