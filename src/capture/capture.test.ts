import { readdirSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import fc from 'fast-check'
import t from 'tap'
import { CaptureError } from './capture-error.ts'
import type { Frame } from './frame.ts'
import { FrameReader } from './frame-reader.ts'
import { fileHeader, segmentBlock } from './pcapng-writer.ts'
import { type Segment, segmentOf } from './segment.ts'
import { TcpStreams } from './tcp-streams.ts'

const folder = fileURLToPath(new URL('../../fixtures/testing/captures/', import.meta.url))
const files = readdirSync(folder).map(name => readFileSync(folder + name))

function framesOf(
  bytes: Uint8Array,
  chunkBytes = bytes.length,
): { frames: Frame[]; rest?: string } {
  const frames: Frame[] = []
  const reader = new FrameReader(frame => frames.push({ ...frame, bytes: frame.bytes.slice() }))
  for (let at = 0; at < bytes.length; at += chunkBytes) {
    reader.push(bytes.subarray(at, at + chunkBytes))
  }
  const rest = reader.end()
  return { frames, ...(rest === undefined ? {} : { rest }) }
}

/** The same frames in the other format and byte order of pcap. */
function asPcap(frames: Frame[], little: boolean, nanoseconds: boolean): Uint8Array {
  const number = (value: number) => {
    const bytes = Buffer.alloc(4)
    if (little) bytes.writeUInt32LE(value)
    else bytes.writeUInt32BE(value)
    return bytes
  }
  const head = [nanoseconds ? 0xa1b23c4d : 0xa1b2c3d4, 0x00020004, 0, 0, 65_535, frames[0]!.link]
  const records = frames.map(({ atMs, bytes, wireBytes }) => {
    const parts = Math.round((atMs % 1000) * (nanoseconds ? 1e6 : 1e3))
    const numbers = [Math.floor(atMs / 1000), parts, bytes.length, wireBytes].map(number)
    return Buffer.concat([...numbers, bytes])
  })
  return Buffer.concat([...head.map(number), ...records])
}

t.test('a capture reads the same in pieces of any size and in every variant of pcap', async t => {
  for (const file of files) {
    const { frames } = framesOf(file)
    t.ok(frames.length > 10, `${frames.length} frames`)
    for (const size of [1, 7, 1000]) t.same(framesOf(file, size).frames.length, frames.length)
    for (const little of [true, false]) {
      for (const nanoseconds of [true, false]) {
        const again = framesOf(asPcap(frames, little, nanoseconds)).frames
        t.same(
          again.map(one => one.bytes),
          frames.map(one => one.bytes),
        )
        t.ok(
          again.every((one, at) => Math.abs(one.atMs - frames[at]!.atMs) < 0.01),
          'times',
        )
      }
    }
  }
})

t.test('a capture that is cut off anywhere is read up to there', async t => {
  const [file] = files
  const whole = framesOf(file!).frames.length
  let before = 0
  for (let length = 24; length < file!.length; length += 13) {
    const { frames, rest } = framesOf(file!.subarray(0, length))
    t.ok(frames.length >= before && frames.length <= whole)
    before = frames.length
    if (rest !== undefined) t.match(rest, /the file ends \d+ bytes into a frame/)
  }
  t.throws(() => framesOf(new Uint8Array(0)), /the file is empty/)
  t.throws(() => framesOf(Buffer.from('too short')), /neither pcap nor pcapng/)
  t.throws(() => framesOf(Buffer.alloc(100, 'not a capture ')), /begins with 6e6f7420/)
})

t.test('no bytes make it fail otherwise than by saying so', async () => {
  const [file] = files
  const header = fileHeader('test')
  const isSaid = (bytes: Uint8Array) => {
    try {
      const seen = new TcpStreams({ onStream: () => ({ onBytes() {}, onGap() {}, onEnd() {} }) })
      for (const frame of framesOf(bytes, 4096).frames) {
        const content = segmentOf(frame)
        if (content.kind === 'segment') seen.take(content.segment)
      }
    } catch (error) {
      if (!(error instanceof CaptureError)) throw error
    }
  }
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 400 }), fc.nat(file!.length - 1), (noise, at) => {
      isSaid(noise)
      isSaid(Buffer.concat([header, noise]))
      const damaged = Buffer.from(file!)
      damaged.set(noise.subarray(0, file!.length - at), at)
      isSaid(damaged)
    }),
    { numRuns: 300 },
  )
})

t.test('a size that no capture has is refused before memory is asked for', async t => {
  const frame = Buffer.from(files[0]!.subarray(0, 40))
  frame.writeUInt32LE(0xfffffff0, 32)
  t.throws(() => framesOf(frame), /claims to have 4294967280 bytes/)
  const block = Buffer.concat([fileHeader('x'), Buffer.from('06000000fcffff7f00000000', 'hex')])
  t.throws(() => framesOf(block), /a block claims to have 2147483644 bytes/)
})

const port = (number: number) => ({ address: [127, 0, 0, 1] as const, port: number })

t.test('what is written is read again, with its checksums in order', async t => {
  const payload = Buffer.from('300500017400', 'hex')
  const block = segmentBlock({
    atMs: 1_700_000_000_123.5,
    from: port(50_000),
    to: port(1883),
    sequence: 4_294_967_290,
    acknowledges: 7,
    flags: ['psh', 'ack'],
    payload,
    comment: 'said of it',
  })
  const [frame] = framesOf(Buffer.concat([fileHeader('test'), block])).frames
  const content = segmentOf(frame!)
  t.match(content, {
    kind: 'segment',
    segment: { from: '127.0.0.1:50000', to: '127.0.0.1:1883', sequence: 4_294_967_290, payload },
  })
  t.equal(frame!.atMs, 1_700_000_000_123.5)
  let sum = 0
  for (let at = 0; at < 20; at += 2) sum += frame!.bytes[at]! * 256 + frame!.bytes[at + 1]!
  t.equal((sum & 0xffff) + (sum >>> 16), 0xffff, 'the sum of an IPv4 header is all ones')
})

function segment(sequence: number, text: string, more: Partial<Segment> = {}): Segment {
  return {
    atMs: 0,
    from: 'a:50000',
    to: 'b:1883',
    sequence: sequence >>> 0,
    acknowledges: 1,
    syn: false,
    fin: false,
    rst: false,
    payload: Buffer.from(text),
    cutBytes: 0,
    ...more,
  }
}

function heard(segments: Segment[]): string[] {
  const told: string[] = []
  const streams = new TcpStreams({
    onStream: ({ client }) => ({
      onBytes: (from, bytes) => told.push(`${from} ${Buffer.from(bytes).toString()}`),
      onGap: (from, bytes) => told.push(`${from} lacks ${bytes}`),
      onEnd: (by, how) => told.push(`${by} ${how} of ${client}`),
    }),
  })
  for (const one of segments) streams.take(one)
  return told
}

t.test(
  'segments in any order, again and in other cuts, over the wrap of numbers, are one text',
  async () => {
    const text = 'the quick brown fox jumps over the lazy dog'
    const pieces = fc.array(fc.tuple(fc.nat(text.length - 1), fc.integer({ min: 1, max: 12 })), {
      maxLength: 30,
    })
    const starts = fc.constantFrom(0, 0xffff_fff0, 0x7fff_fff8)
    fc.assert(
      fc.property(
        starts,
        pieces,
        fc.infiniteStream(fc.double({ noNaN: true })),
        (start, cuts, chance) => {
          const whole = Array.from({ length: text.length }, (_, at) => [at, 1] as const)
          const all = [...cuts, ...whole].map(([at, size]) =>
            segment(start + 1 + at, text.slice(at, at + size), { acknowledges: undefined }),
          )
          const order = all.map(one => [chance.next().value as number, one] as const)
          const shuffled = order.toSorted(([a], [b]) => a - b).map(([, one]) => one)
          const syn = segment(start, '', { syn: true, acknowledges: undefined })
          const fin = segment(start + 1 + text.length, '', { fin: true })
          const told = heard([syn, ...shuffled, fin])
          const joined = told
            .slice(0, -1)
            .map(one => one.replace('client ', ''))
            .join('')
          if (joined !== text) throw new Error(`${JSON.stringify(told)}`)
          if (told.at(-1) !== 'client fin of a:50000') throw new Error('no end')
        },
      ),
      { numRuns: 200 },
    )
  },
)

t.test('what the other side acknowledged and the capture lacks is a gap', async t => {
  const syn = segment(0, '', { syn: true, acknowledges: undefined })
  const answer = { from: 'b:1883', to: 'a:50000' }
  const told = heard([
    syn,
    segment(1, 'ab'),
    segment(5, 'ef'),
    segment(1, '', { ...answer, acknowledges: 7 }),
  ])
  t.same(told, ['client ab', 'client lacks 2', 'client ef'])
  const waiting = heard([syn, segment(5, 'ef'), segment(1, '', { ...answer, acknowledges: 3 })])
  t.same(waiting, [], 'what nobody acknowledged may still come')
  const short = heard([syn, segment(1, 'ab', { cutBytes: 3 }), segment(6, 'fg')])
  t.same(
    short,
    ['client ab', 'client lacks 3', 'client fg'],
    'a frame of which the end was not kept',
  )
})

t.test('ports that are used again carry another connection', async t => {
  const syn = (at: number) => segment(at, '', { syn: true, acknowledges: undefined })
  const told = heard([syn(0), segment(1, 'one', { rst: true }), syn(5000), segment(5001, 'two')])
  t.same(told, ['client rst of a:50000', 'client two'])
})
