import { type FaultKindOf, passing, type Struck, sent, type Whose, type Write } from './fault.ts'

/** Only the first `keepBytes` of the packet were written. */
export type Truncate = Whose & { kind: 'truncate'; keepBytes: number; ofBytes: number }

export const truncate = {
  kind: 'truncate',
  title: 'Only the first bytes of a packet are sent',
  facts: { packet: 'packet', keepBytes: 'whole', ofBytes: 'whole', 'from?': 'side' },
  text: ({ packet, keepBytes, ofBytes }) =>
    `only ${keepBytes} of ${ofBytes} bytes of ${packet} go out`,
  toldAt: 'the bytes beside it',
  peer: sent({
    arrives: false,
    about: 'Sends only the first bytes of a packet.',
    example: 'pub.truncate: { PUBLISH: { topic: $topic, qos: 2, id: 7, payload: once }, drop: 1 }',
    keys: {
      keep: { kind: 'size', about: 'How many bytes are sent.' },
      drop: { kind: 'size', about: 'How many bytes at the end are not sent. Default 1.' },
    },
    mistake: ({ keep, drop }) =>
      keep !== undefined && drop !== undefined
        ? { code: 'UNKNOWN_KEY', message: '"keep" and "drop" cannot stand here together' }
        : undefined,
    strike: (struck, { keep, drop = 1 }) => prefix(struck, keep ?? struck.bytes.length - drop),
  }),
  proxy: passing({
    about: 'Only the first bytes of the packet are passed on; what comes behind them goes on.',
    example: 'proxy.truncate: { PUBREC: {}, from: broker, keep: 3, cut: fin }',
    keys: { keep: { kind: 'size', about: 'How many bytes pass. Default all but the last.' } },
    strike: (struck, { keep }) => prefix(struck, keep ?? struck.bytes.length - 1),
  }),
} as const satisfies FaultKindOf<Truncate>

/** Never the whole packet. */
function prefix({ bytes, of }: Struck, wanted: number): { fault: Truncate; writes: Write[] } {
  const keepBytes = Math.max(0, Math.min(wanted, bytes.length - 1))
  return {
    fault: { kind: 'truncate', keepBytes, ofBytes: bytes.length, ...of },
    writes: [{ as: 'bytes', why: 'partial', bytes: bytes.subarray(0, keepBytes) }],
  }
}
