import { type FaultKindOf, passing, type Whose } from './fault.ts'

/** The packet reached us, and it is as if it had not. `seq` is its event in the trace. */
export type Lose = Whose & { kind: 'lose'; seq: number }

/** A fake client or fake broker loses by `lose`, an expectation: src/engine/steps/packets.ts. */
export const lose = {
  kind: 'lose',
  title:
    'A packet from the target reaches our socket and we act as if it had not; a proxy does not pass it on',
  facts: { seq: 'whole', packet: 'packet', 'from?': 'side' },
  text: ({ from }) => (from ? 'lost: it is not passed on' : 'lost: we act as if it had not come'),
  toldAt: 'the packet',
  proxy: passing({
    about: 'The packet is not passed on.',
    example: 'proxy.lose: { PUBREC: {}, from: broker, cut: rst }',
    keys: {},
    strike: ({ seq, of }) => ({ fault: { kind: 'lose', seq, ...of }, writes: [] }),
  }),
} as const satisfies FaultKindOf<Lose>
