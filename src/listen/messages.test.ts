import t from 'tap'
import type { Publish } from '../model/packet.ts'
import { Retained, Waiting } from './messages.ts'

const mebibyte = 1024 * 1024

function retained(topic: string, bytes: number): Publish {
  const payload = new Uint8Array(bytes)
  return { type: 'PUBLISH', topic, qos: 0, dup: false, retain: true, payload, properties: {} }
}

function topics(kept: Retained): string[] {
  return [...kept.all()].map(({ topic }) => topic)
}

t.test('64 MiB wait for all clients together, and what is given back may be taken again', t => {
  const waiting = new Waiting()
  for (let i = 0; i < 64; i++) t.ok(waiting.take(mebibyte))
  t.notOk(waiting.take(1), 'not a byte more')
  waiting.give(10)
  t.notOk(waiting.take(11))
  t.ok(waiting.take(10))
  t.end()
})

t.test('of a thousand retained messages and 16 MiB the oldest go', t => {
  const many = new Retained()
  for (let i = 0; i < 1001; i++) many.note(retained(`a/${i}`, 1))
  t.equal(topics(many).length, 1000)
  t.notOk(topics(many).includes('a/0'))
  const large = new Retained()
  for (let i = 0; i < 17; i++) large.note(retained(`a/${i}`, mebibyte - 8))
  t.equal(topics(large).length, 16)
  large.note(retained('a/16', 0))
  large.note(retained('b', mebibyte - 1))
  t.equal(topics(large).length, 16, 'one that is cleared leaves its room to others')
  t.end()
})

t.test('a retained message does not hold what was read with it', t => {
  const kept = new Retained()
  const read = new Uint8Array(mebibyte)
  kept.note({ ...retained('a', 0), payload: read.subarray(0, 10) })
  t.equal([...kept.all()][0]?.payload.buffer.byteLength, 10)
  t.end()
})
