import { type FaultKindOf, passing, type Struck, sent, type Whose, type Write } from './fault.ts'

export type Duplicate = Whose & { kind: 'duplicate'; copies: number }

export const duplicate = {
  kind: 'duplicate',
  title: 'The same packet is sent several times',
  facts: { packet: 'packet', copies: 'whole', 'from?': 'side' },
  text: ({ packet, copies }) => `${packet} is sent ${copies} times`,
  toldAt: 'itself',
  peer: sent({
    arrives: true,
    about: 'Sends the same packet several times.',
    example:
      'pub.duplicate: { PUBLISH: { topic: $topic, qos: 2, id: 7, payload: once }, times: 3 }',
    keys: { times: { kind: 'count', about: 'How often in all. Default 2.' } },
    strike: (struck, { times = 2 }) => repeated(struck, times),
  }),
  proxy: passing({
    about: 'The packet is passed on several times.',
    example: 'proxy.duplicate: { PUBREL: {}, from: broker, copies: 3 }',
    keys: { copies: { kind: 'count', about: 'How often in all. Default 2.' } },
    strike: (struck, { copies = 2 }) => repeated(struck, copies),
  }),
} as const satisfies FaultKindOf<Duplicate>

function repeated({ of }: Struck, copies: number): { fault: Duplicate; writes: Write[] } {
  const writes = Array.from({ length: copies }, () => ({ as: 'packet' as const }))
  return { fault: { kind: 'duplicate', copies, ...of }, writes }
}
