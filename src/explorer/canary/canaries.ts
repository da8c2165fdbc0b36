import type { Breach } from '../../model/finding.ts'
import type { Packet, Publish } from '../../model/packet.ts'
import type { Version } from '../../model/version.ts'
import { decode, encode } from '../../wire/codec.ts'

/** What goes on instead of one packet, and what goes back to whoever sent it. */
type Instead = { on: readonly Uint8Array[]; back: readonly Uint8Array[] }

/** A flaw on one connection: what a target that has it would do with a packet. Undefined: nothing but what is right. */
type Flaw = {
  fromTarget?(packet: Packet, bytes: Uint8Array): Instead | undefined
  fromUs?(packet: Packet, bytes: Uint8Array): Instead | undefined
}

export type Canary = {
  /** One line, of the target that would have it. */
  title: string
  flaw(version: Version): Flaw
  /** Whether this is what the flaw breaks. */
  shownBy(breach: Breach): boolean
}

/** Flaws that can be put upon any target, broker or client: each shows in what passes between it and us. */
export const canaries = {
  'dup-cleared': {
    title: 'What is sent again comes without DUP',
    flaw: () => ({
      fromTarget: (packet, bytes) => (isRepeat(packet) ? passed([withoutDup(bytes)]) : undefined),
    }),
    shownBy: ({ judge, message }) => judge === 'referee' && /without DUP/.test(message),
  },
  'dup-swallowed': {
    title: 'A PUBLISH with DUP 1 is taken for one that came before: acknowledged, and nothing else',
    flaw: version => {
      const taken = new Set<number>()
      return {
        fromUs(packet) {
          if (isRepeat(packet) && packet.id !== undefined) {
            taken.add(packet.id)
            return answered(packet.qos === 1 ? 'PUBACK' : 'PUBREC', packet.id, version)
          }
          if (packet.type !== 'PUBREL' || !taken.delete(packet.id)) return undefined
          return answered('PUBCOMP', packet.id, version)
        },
      }
    },
    shownBy: ({ judge }) => judge === 'ledger',
  },
  'publish-twice': {
    title: 'Every message at QoS 1 and 2 is sent twice in a row',
    flaw: () => ({
      fromTarget: (packet, bytes) =>
        packet.type === 'PUBLISH' && packet.qos > 0 ? passed([bytes, bytes]) : undefined,
    }),
    shownBy: ({ judge }) => judge === 'referee' || judge === 'ledger',
  },
} as const satisfies { [name: string]: Canary }

export type CanaryName = keyof typeof canaries

/** The table as code that serves every canary reads it. */
export const anyCanary: { readonly [name in CanaryName]: Canary } = canaries

/** What the trace says where a canary did something: a defect without it is the target's own. */
export const canaryNote = 'canary: '

function isRepeat(packet: Packet): packet is Publish {
  return packet.type === 'PUBLISH' && packet.dup && packet.qos > 0
}

function withoutDup(bytes: Uint8Array): Uint8Array {
  const copy = Uint8Array.from(bytes)
  copy[0] = (copy[0] ?? 0) & ~0x08
  return copy
}

function passed(on: Uint8Array[]): Instead {
  return { on, back: [] }
}

function answered(type: 'PUBACK' | 'PUBREC' | 'PUBCOMP', id: number, version: Version): Instead {
  return { on: [], back: [encode({ type, id, code: 0, properties: {} }, version)] }
}

/** What becomes of whole packets of one direction. */
export function throughFlaw(
  flaw: Flaw,
  from: 'target' | 'us',
  bytes: Uint8Array,
  version: Version,
): Instead | undefined {
  const act = from === 'target' ? flaw.fromTarget : flaw.fromUs
  const packet = act && decode(bytes, version)
  return packet && act(packet, bytes)
}
