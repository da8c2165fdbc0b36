import { type FaultKindOf, listed } from './fault.ts'

export type Coalesce = { kind: 'coalesce'; packets: string[] }

export const coalesce = {
  kind: 'coalesce',
  title: 'Several packets are sent in one TCP write',
  facts: { packets: 'packets' },
  text: ({ packets }) => `${packets.join(' + ')} go out in one write`,
  toldAt: 'itself',
  peer: listed({
    about: 'Sends several packets in one TCP write.',
    example: 'pub.coalesce: [{ PUBREL: { id: 7 } }, { PUBREL: { id: 8 } }]',
    packetsMin: 1,
    keys: {},
    strike: packets => ({
      fault: { kind: 'coalesce', packets: [...packets] },
      writes: [packets.map((_, index) => index)],
    }),
  }),
} as const satisfies FaultKindOf<Coalesce>
