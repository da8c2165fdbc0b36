import type { Ack, Publish } from '../../model/packet.ts'
import type { MessageRecord, Publication } from './messages.ts'

/** Our side as sender, for one client id: which publication each id belongs to, and to which it last belonged. */
export type Outgoing = {
  under: Map<number, { record: MessageRecord; publication: Publication }>
  over: Map<number, Publication>
}

export function createOutgoing(): Outgoing {
  return { under: new Map(), over: new Map() }
}

/** The session is lost. */
export function forgetOutgoing({ under, over }: Outgoing): void {
  under.clear()
  over.clear()
}

/** A PUBLISH of ours: one more send of the publication under way, or a new one. */
export function sendPublish(
  outgoing: Outgoing,
  record: MessageRecord,
  packet: Publish,
  by: { client: string; actor: string; seq: number; at: number },
): Publication {
  const under =
    packet.qos > 0 && packet.id !== undefined ? outgoing.under.get(packet.id) : undefined
  const { publication: known } = under ?? {}
  if (under && known && under.record === record && known.qos === packet.qos && !known.releaseSeq) {
    known.sends += 1
    known.lastSeq = by.seq
    return known
  }
  const expiry = packet.properties.messageExpiryInterval
  const { client, actor, seq, at } = by
  const { qos, retain } = packet
  const publication = newPublication({ client, actor, seq, at, qos, retain })
  if (typeof expiry === 'number') publication.expiryS = expiry
  record.publications.push(publication)
  if (packet.qos > 0 && packet.id !== undefined)
    outgoing.under.set(packet.id, { record, publication })
  return publication
}

export function newPublication(
  given: Pick<Publication, 'client' | 'actor' | 'seq' | 'at' | 'qos' | 'retain'>,
): Publication {
  return {
    seq: given.seq,
    lastSeq: given.seq,
    client: given.client,
    actor: given.actor,
    qos: given.qos,
    retain: given.retain,
    will: false,
    sends: 1,
    releaseSeq: 0,
    releases: 0,
    owned: false,
    outcome: 'unknown',
    outcomeSeq: 0,
    void: false,
    expiryS: undefined,
    at: given.at,
    restarted: false,
  }
}

/** Our PUBREL: from here a receiver that delivers late may deliver. */
export function sendPubrel(outgoing: Outgoing, id: number, seq: number): void {
  const publication = outgoing.under.get(id)?.publication ?? outgoing.over.get(id)
  if (publication?.qos !== 2) return
  publication.releaseSeq ||= seq
  publication.releases += 1
}

/**
 * An acknowledgement of the target. Returns the publication that is complete by it. A lost one counts: the target sent it.
 * PUBCOMP for a message whose PUBREC never came proves nothing about the message.
 */
export function acknowledged(
  outgoing: Outgoing,
  { type, id, code }: Ack,
  reasons: boolean,
  seq: number,
): { record: MessageRecord; publication: Publication } | undefined {
  const under = outgoing.under.get(id)
  if (!under || type === 'PUBREL') return undefined
  const { publication } = under
  const refused = reasons && code >= 0x80
  if (type === 'PUBACK' && publication.qos !== 1) return undefined
  if (type !== 'PUBACK' && publication.qos !== 2) return undefined
  if (type === 'PUBREC') {
    if (!refused) publication.owned = true
    else if (!publication.owned) end(outgoing, id, publication, 'refused', seq)
    return undefined
  }
  if (type === 'PUBCOMP' && !publication.releaseSeq) return undefined
  if (type === 'PUBACK' && refused) {
    end(outgoing, id, publication, 'refused', seq)
    return undefined
  }
  const certain = type === 'PUBACK' || publication.owned
  end(outgoing, id, publication, certain ? 'acknowledged' : 'unknown', seq)
  return certain ? under : undefined
}

function end(
  outgoing: Outgoing,
  id: number,
  publication: Publication,
  outcome: Publication['outcome'],
  seq: number,
): void {
  publication.outcome = outcome
  publication.outcomeSeq = seq
  // A repeat of QoS 1 may have been taken before the refused copy.
  publication.void = outcome === 'refused' && publication.sends === 1
  outgoing.under.delete(id)
  outgoing.over.set(id, publication)
}
