import type { Packet, Publish } from '../model/packet.ts'

/** A message of ours between its first PUBLISH and its last acknowledgement. */
export type Sending = { label: string; packet: Publish; stage: 'publish' | 'pubrel' }

/** What we keep of a session, as a correct peer would: outgoing exchanges in their order, and ids of what we hold. */
export class OwnSession {
  readonly out = new Map<number, Sending>()
  readonly held = new Map<number, string>()
  /** Labels by the id that the target last gave them, also of what is over: a repeat still has its name. */
  readonly names = new Map<number, string>()

  /** The identifier from which on they count up, and begin anew behind 65535; undefined: the lowest free one. */
  private next: number | undefined

  constructor(idsFrom?: number) {
    this.next = idsFrom
  }

  /** The lowest free identifier, unless told otherwise: ids are in use again as soon as may be, which is where they go wrong. */
  allocate(taken: ReadonlySet<number>): number {
    if (this.next !== undefined) return this.following(this.next, taken)
    let id = 1
    while (this.out.has(id) || taken.has(id)) id += 1
    return id
  }

  private following(from: number, taken: ReadonlySet<number>): number {
    let id = from
    while (this.out.has(id) || taken.has(id)) id = after(id)
    this.next = after(id)
    return id
  }

  /** It was accepted once and not forgotten since: 3.1 says nothing of what the target kept. */
  knows = false

  forget(): void {
    this.knows = true
    this.out.clear()
    this.held.clear()
  }

  /** What a resumed session sends again, in the order first sent. Source: 3.1.1 MQTT-4.4.0-1, 5.0 MQTT-4.4.0-1. */
  resends(): { packet: Packet; label: string }[] {
    return [...this.out].map(([id, { label, packet, stage }]) => ({
      packet: stage === 'pubrel' ? ack('PUBREL', id) : { ...packet, dup: true },
      label,
    }))
  }
}

function after(id: number): number {
  return id === 65_535 ? 1 : id + 1
}

export function ack(
  type: 'PUBACK' | 'PUBREC' | 'PUBREL' | 'PUBCOMP',
  id: number,
  code = 0,
): Packet {
  return { type, id, code, properties: {} }
}
