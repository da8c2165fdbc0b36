import t from 'tap'
import type { StatementRef } from '../model/finding.ts'
import type { EventOf } from '../model/trace.ts'
import { DeclaredBreaches } from './declared-breaches.ts'
import type { OwnBreach } from './own-side.ts'

const place = { file: 'x.yaml', line: 3, column: 5 }

function declared(...breaks: StatementRef[]) {
  const all = new DeclaredBreaches()
  all.begin({ kind: 'step', seq: 1, at: 0, text: 'a step', place, breaks } as EventOf<'step'>)
  return all
}

const breach = (statement: StatementRef, seq: number) =>
  ({ statement, level: 'MUST', message: 'so', seq }) as OwnBreach

t.test('what a step declares has to come about', async t => {
  const all = declared('5.0:MQTT-3.3.1-4')
  t.equal(all.mistakes(true).length, 1)
  t.equal(all.mistakes(false).length, 0, 'not where the case ended early')
  t.ok(all.take([breach('5.0:MQTT-3.3.1-4', 2)]))
  t.equal(all.mistakes(true).length, 0)
})

t.test('not where the target left before, or where its order decides', async t => {
  const left = declared('3.1.1:MQTT-3.1.2-23')
  left.left()
  t.same(left.mistakes(true), [])
  t.same(declared('5.0:MQTT-4.6.0-3').mistakes(true), [])
})

t.test('nor where the target sent what is no packet, before the step or behind it', async t => {
  const behind = declared('5.0:§3.14.2.2.2')
  behind.sentGarbage()
  t.same(behind.mistakes(true), [])
  const before = new DeclaredBreaches()
  before.sentGarbage()
  const breaks: StatementRef[] = ['5.0:§3.14.2.2.2']
  before.begin({ kind: 'step', seq: 1, at: 0, text: 'a step', place, breaks } as EventOf<'step'>)
  t.same(before.mistakes(true), [])
})

t.test('an acknowledgement too many breaks one rule or another, as its id is in use', async t => {
  const all = declared('3.1.1:MQTT-4.3.3-2')
  const reused = breach('3.1.1:MQTT-3.3.4-1', 2)
  t.notOk(all.take([reused]), 'but a packet that is none')
  t.notOk(all.take([{ ...reused, packet: 'PUBREL' }]))
  t.ok(all.take([{ ...reused, packet: 'PUBCOMP' }]))
  t.same(all.mistakes(true), [])
})

t.test('what we break behind a breach of the target is no mistake', async t => {
  const all = declared()
  all.note(breach('5.0:MQTT-2.2.1-5', 7))
  t.equal(all.mistakes(true).length, 1)
  t.equal(all.mistakes(true, [{ seq: 9 }]).length, 1)
  t.equal(all.mistakes(true, [{ seq: 6 }]).length, 0)
})
