import { answering, type FaultKindOf, passing, type Whose } from './fault.ts'
import { whose } from './words.ts'

export type Hold = Whose & { kind: 'hold' }

export const hold = {
  kind: 'hold',
  title:
    'Our automatic answers of one kind, or a packet that passes a proxy, are kept back until released',
  facts: { packet: 'packet', 'from?': 'side' },
  text: fault => `${whose(fault)} is held back`,
  toldAt: 'itself',
  peer: answering({
    about: 'Keeps back our automatic answers of these kinds until `release`.',
    example: 'sub.hold: PUBREC',
    keys: {},
    strike: of => ({ fault: { kind: 'hold', ...of }, when: { kind: 'on release' } }),
  }),
  proxy: passing({
    about: 'The packet is kept back until `release`; what comes behind it passes.',
    example: 'proxy.hold: { PUBREC: {}, from: broker }',
    keys: {},
    strike: ({ of }) => ({
      fault: { kind: 'hold', ...of },
      writes: [{ as: 'packet', when: { kind: 'on release' } }],
    }),
  }),
} as const satisfies FaultKindOf<Hold>
