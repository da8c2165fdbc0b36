import t from 'tap'
import { Ring } from './shared-memory.ts'

const newRing = (bytes: number) => new Ring(new Int32Array(2), 0, new Uint8Array(bytes))

t.test(
  'a ring gives back what was put in, across its end and across the end of its counters',
  async t => {
    const words = new Int32Array([-3, -3])
    const ring = new Ring(words, 0, new Uint8Array(8))
    let next = 0
    let expected = 0
    for (let turn = 0; turn < 50; turn++) {
      const put = Uint8Array.from({ length: (turn % 5) + 1 }, () => next++ & 0xff)
      const taken = ring.write(put)
      next -= put.length - taken
      for (const byte of ring.read((turn % 7) + 1)) t.equal(byte, expected++ & 0xff)
    }
    t.ok(expected > 100)
  },
)

t.test('a full ring takes only what fits', async t => {
  const ring = newRing(4)
  t.equal(ring.write(Uint8Array.of(1, 2, 3)), 3)
  t.equal(ring.write(Uint8Array.of(4, 5)), 1)
  t.equal(ring.free, 0)
  t.same(ring.read(9), Uint8Array.of(1, 2, 3, 4))
  t.equal(ring.used, 0)
})
