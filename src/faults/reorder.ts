import { type FaultKindOf, listed, passing } from './fault.ts'

/** At a proxy the one packet that lets others pass; else all, in the order in which they go out. */
export type Reorder = { kind: 'reorder'; packets: string[]; from?: 'client' | 'broker' }

export const reorder = {
  kind: 'reorder',
  title: 'Packets are sent in another order than given, or than they came to a proxy',
  facts: { packets: 'packets', 'from?': 'side' },
  text: ({ packets, from }) =>
    from
      ? `${packets.join(', ')} of the ${from} lets others pass`
      : `sent in this order: ${packets.join(', ')}`,
  toldAt: 'itself',
  peer: listed({
    about: 'Sends packets in another order: a list goes out in reverse.',
    example: 'pub.reorder: [{ PUBREL: { id: 7 } }, { PUBREL: { id: 8 } }]',
    packetsMin: 2,
    keys: {
      order: {
        kind: 'places',
        about: 'The order in which they go out; 1 is the first. Default reverse.',
      },
    },
    mistake({ order }, packets) {
      const bad = Array.isArray(order) ? order.find(place => place > packets) : undefined
      if (bad === undefined) return undefined
      const message = `expected a place from 1 to ${packets}, got ${bad}`
      return { code: 'OUT_OF_RANGE', message }
    },
    strike(packets, { order = packets.map((_, index) => packets.length - index) }) {
      const sent = order.map(place => place - 1)
      return {
        fault: { kind: 'reorder', packets: sent.map(index => packets[index] ?? '') },
        writes: sent.map(index => [index]),
      }
    },
  }),
  proxy: passing({
    about: 'The packet is passed on behind later ones of its side.',
    example: 'proxy.reorder: { PUBLISH: { payload: first }, from: broker, behind: 1 }',
    keys: { behind: { kind: 'count', about: 'How many later packets go before it. Default 1.' } },
    strike: ({ of: { packet, ...whose } }, { behind = 1 }) => ({
      fault: { kind: 'reorder', packets: [packet], ...whose },
      writes: [{ as: 'packet', when: { kind: 'behind', packets: behind } }],
    }),
  }),
} as const satisfies FaultKindOf<Reorder>
