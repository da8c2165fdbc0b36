import type { Publish } from '../../model/packet.ts'
import type { BrokerSession, Disorder, Streams } from './broker-session.ts'
import { type MessageRecord, type Publication, timesReceived } from './messages.ts'

/**
 * Per publisher, topic and QoS the order of publication holds [MQTT-4.6.0-6, v5 MQTT-4.6.0-5]. A message counts as later
 * only if it was given later by PUBLISH and by PUBREL alike, since a broker may pass on at either. DUP 1 is a repeat of a
 * copy that may have died with a connection; retained copies and overlapping or shared subscriptions have no order.
 */
export function noteOrder(
  streams: Streams,
  record: MessageRecord,
  packet: Publish,
  seq: number,
  disorder: Disorder[],
  session: BrokerSession,
): void {
  const publication = record.publications[0]
  if (!publication || record.publications.length > 1 || publication.will || packet.retain) return
  if (timesReceived(record.received.get(session.client)) !== 1 || publication.restarted) return
  for (const one of session.subscriptions.byFilter.values()) if (one.filter.share) return
  const stream = `${publication.client} ${publication.qos} ${packet.qos} ${record.topic}`
  const latest = streams.get(stream)
  if (latest && isBefore(publication, latest.publication)) {
    if (!packet.dup) disorder.push({ session, seq, late: record.shown, early: latest.shown })
    return
  }
  if (!latest || publication.seq > latest.publication.seq) {
    streams.set(stream, { publication, shown: record.shown })
  }
}

function isBefore(one: Publication, other: Publication): boolean {
  if (one.lastSeq >= other.seq) return false
  if (one.qos < 2) return true
  if (one.releaseSeq === 0) return false
  return other.releaseSeq === 0 || one.releaseSeq < other.releaseSeq
}
