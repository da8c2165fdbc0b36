import { type FaultKindOf, passing, type Struck, sent, type Whose, type Write } from './fault.ts'
import { count } from './words.ts'

export type Split = Whose & { kind: 'split'; writes: number }

export const split = {
  kind: 'split',
  title: 'One packet is sent in several TCP writes',
  facts: { packet: 'packet', writes: 'whole', 'from?': 'side' },
  text: ({ packet, writes }) => `${packet} goes out in ${count(writes, 'write')}`,
  toldAt: 'itself',
  peer: sent({
    arrives: true,
    about: 'Sends one packet in several TCP writes.',
    example: 'pub.split: { PUBLISH: { topic: $topic, qos: 2, id: 7, payload: once }, at: every }',
    keys: {
      at: {
        kind: 'offsets',
        about: 'Offsets in bytes at which a new write begins, or every.',
        required: true,
      },
    },
    strike: (struck, { at = 'every' }) => inPieces(struck, at),
  }),
  proxy: passing({
    about: 'The packet is passed on in writes of one byte each.',
    example: 'proxy.split: { PUBLISH: {}, from: broker }',
    keys: {},
    strike: struck => inPieces(struck, 'every'),
  }),
} as const satisfies FaultKindOf<Split>

function inPieces(
  { bytes, of }: Struck,
  at: readonly number[] | 'every',
): { fault: Split; writes: Write[] } {
  const ends =
    at === 'every'
      ? Array.from(bytes, (_, index) => index + 1)
      : [...at.filter(end => end > 0 && end < bytes.length), bytes.length]
  const pieces = ends.map((end, index) => bytes.subarray(ends[index - 1] ?? 0, end))
  return {
    fault: { kind: 'split', writes: pieces.length, ...of },
    writes: [{ as: 'pieces', pieces }],
  }
}
