import { answering, type FaultKindOf, passing, type Whose } from './fault.ts'
import { whose } from './words.ts'

export type Delay = Whose & { kind: 'delay'; delayMs: number }

const ms = { kind: 'ms', about: 'By how much, in ms.', required: true } as const

export const delay = {
  kind: 'delay',
  title: 'Our automatic answers of one kind, or a packet that passes a proxy, go out later',
  facts: { packet: 'packet', delayMs: 'ms', 'from?': 'side' },
  text: fault => `${whose(fault)} waits ${fault.delayMs} ms`,
  toldAt: 'itself',
  peer: answering({
    about: 'Sends our automatic answers of these kinds later.',
    example: 'sub.delay: { packets: [PUBREC, PUBCOMP], ms: 50 }',
    keys: { ms },
    strike: (of, { ms = 1 }) => ({
      fault: { kind: 'delay', delayMs: ms, ...of },
      when: { kind: 'after', ms },
    }),
  }),
  proxy: passing({
    about: 'The packet is passed on so much later; what comes behind it overtakes it.',
    example: 'proxy.delay: { PUBREC: {}, from: broker, ms: 50 }',
    keys: { ms },
    strike: ({ of }, { ms = 1 }) => ({
      fault: { kind: 'delay', delayMs: ms, ...of },
      writes: [{ as: 'packet', when: { kind: 'after', ms } }],
    }),
  }),
} as const satisfies FaultKindOf<Delay>
