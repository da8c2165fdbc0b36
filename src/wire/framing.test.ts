import fc from 'fast-check'
import t from 'tap'
import { hex, toHex } from '../model/text/hex.ts'
import { createFramer, type Frame } from './framing.ts'

const pubrec = hex`50 02 00 07`
const pingresp = hex`d0 00`
const publish = hex`30 05 00 01 61 68 69`

t.test('whole packets in one chunk are views of it', async t => {
  const framer = createFramer({ maxPacketBytes: 100 })
  const chunk = Buffer.concat([pubrec, pingresp, publish])
  const frames = framer.push(chunk)
  t.same(frames.map(shown), ['packet 50020007', 'packet d000', 'packet 30050001616869'])
  for (const { bytes } of frames) t.equal(bytes.buffer, chunk.buffer)
  t.equal(framer.rest().length, 0)
})

t.test('a packet may come in pieces, and its beginning is the rest until then', async t => {
  const framer = createFramer({ maxPacketBytes: 100 })
  t.same(framer.push(hex`d0 00 50`).map(shown), ['packet d000'])
  t.equal(toHex(framer.rest()), '50')
  t.same(framer.push(hex`02 00`), [])
  t.equal(toHex(framer.rest()), '500200')
  t.same(framer.push(hex`07 d0`).map(shown), ['packet 50020007'])
  t.equal(toHex(framer.rest()), 'd0')
  t.same(framer.push(hex`00`).map(shown), ['packet d000'])
})

t.test(
  'packet type 0 breaks the stream at its first byte, and nothing counts after it',
  async t => {
    const framer = createFramer({ maxPacketBytes: 100 })
    t.same(framer.push(hex`d0 00 0f ff`), [
      { kind: 'packet', bytes: pingresp },
      { kind: 'broken', bytes: hex`0f ff`, reason: 'packet type 0 is reserved' },
    ])
    t.same(framer.push(pubrec), [])
    t.equal(framer.rest().length, 0)
  },
)

t.test('a fifth byte of remaining length breaks the stream, however it arrives', async t => {
  const bytes = hex`30 ff ff ff ff 01`
  const [frame] = createFramer({ maxPacketBytes: 1e9 }).push(bytes)
  t.same(frame, {
    kind: 'broken',
    bytes,
    reason: 'the remaining length goes on after four bytes',
  })
  const framer = createFramer({ maxPacketBytes: 1e9 })
  t.same(framer.push(hex`30 ff ff`), [])
  t.same(framer.push(hex`ff ff 01`), [{ ...frame, bytes }])
})

t.test('a packet above the limit breaks the stream before its body is there', async t => {
  const framer = createFramer({ maxPacketBytes: 1000 })
  t.same(framer.push(hex`30 e5 07`).map(shown), [])
  const tooLarge = createFramer({ maxPacketBytes: 1000 })
  t.same(tooLarge.push(hex`30 e6 07 00`), [
    {
      kind: 'broken',
      bytes: hex`30 e6 07 00`,
      reason: 'a packet of 1001 bytes, more than the 1000 taken',
    },
  ])
})

t.test('an announced length allocates nothing by itself', async t => {
  const framer = createFramer({ maxPacketBytes: 300_000_000 })
  framer.push(hex`30 ff ff ff 7f 00`)
  t.ok(framer.rest().buffer.byteLength <= 16, `${framer.rest().buffer.byteLength} bytes held`)
})

t.test('packets are the same however the stream is cut', async t => {
  const stream = fc.array(
    fc
      .tuple(fc.integer({ min: 1, max: 15 }), fc.uint8Array({ maxLength: 300 }))
      .map(([type, body]) => packet(type << 4, body)),
    { maxLength: 8 },
  )
  const property = fc.property(stream, fc.array(fc.nat(2400)), (packets, cuts) => {
    const framer = createFramer({ maxPacketBytes: 1000 })
    const bytes = Buffer.concat(packets)
    const frames = pieces(bytes, cuts).flatMap(piece => framer.push(piece))
    return (
      frames.map(shown).join() === packets.map(one => `packet ${toHex(one)}`).join() &&
      framer.rest().length === 0
    )
  })
  t.doesNotThrow(() => fc.assert(property))
})

t.test('no bytes make it throw, and none are lost', async t => {
  const property = fc.property(
    fc.uint8Array({ maxLength: 200 }),
    fc.array(fc.nat(200)),
    (bytes, cuts) => {
      const framer = createFramer({ maxPacketBytes: 60 })
      const frames: Frame[] = []
      let read = 0
      for (const piece of pieces(bytes, cuts)) {
        frames.push(...framer.push(piece))
        read += piece.length
        if (frames.at(-1)?.kind === 'broken') break
      }
      const kept = Buffer.concat([...frames.map(frame => frame.bytes), framer.rest()])
      return kept.equals(bytes.subarray(0, read))
    },
  )
  t.doesNotThrow(() => fc.assert(property, { numRuns: 500 }))
})

t.test('a packet that comes byte by byte is held in few buffers', async t => {
  const framer = createFramer({ maxPacketBytes: 2_000_000 })
  const whole = packet(0x30, new Uint8Array(100_000))
  const buffers = new Set<ArrayBufferLike>()
  let frames: Frame[] = []
  for (let at = 0; at < whole.length; at++) {
    frames = framer.push(whole.subarray(at, at + 1))
    if (framer.rest().length > 0) buffers.add(framer.rest().buffer)
  }
  t.equal(frames[0]?.bytes.length, whole.length)
  t.ok(buffers.size < 20, `${buffers.size} buffers, each twice the one before`)
})

function shown(frame: Frame): string {
  return `${frame.kind} ${toHex(frame.bytes)}`
}

/** A packet of this first byte and body. */
function packet(first: number, body: Uint8Array): Uint8Array {
  const length: number[] = []
  let rest = body.length
  do {
    length.push((rest & 0x7f) | (rest > 0x7f ? 0x80 : 0))
    rest >>= 7
  } while (rest > 0)
  return Buffer.concat([Uint8Array.of(first, ...length), body])
}

/** The bytes, cut at these places. */
function pieces(bytes: Uint8Array, cuts: number[]): Uint8Array[] {
  const places = [0, ...cuts.filter(cut => cut < bytes.length).sort((a, b) => a - b), bytes.length]
  return places.slice(1).map((end, index) => bytes.subarray(places[index], end))
}
