import type { Publish } from '../../model/packet.ts'
import type { BrokerSession, Disorder, Streams } from './broker-session.ts'
import {
  type MessageRecord,
  type OwedDelivery,
  type Publication,
  timesReceived,
} from './messages.ts'
import { matching } from './subscriptions.ts'

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
  const stream = `${streamOf(publication.client, publication.qos, record.topic)} ${packet.qos}`
  const latest = streams.get(stream)
  if (latest && isBefore(publication, latest.publication)) {
    if (!packet.dup) disorder.push({ session, seq, late: record.shown, early: latest.shown })
    return
  }
  if (!latest || publication.seq > latest.publication.seq) {
    streams.set(stream, { publication, shown: record.shown })
  }
}

/** What one publisher published on one topic at one QoS. */
export function streamOf(client: string, qos: number, topic: string): string {
  return `${client} ${qos} ${topic}`
}

/**
 * Whether what was published behind it on the same way has come: where one subscription alone brings both, the broker keeps them in order
 * [MQTT-4.6.0-6, v5 MQTT-4.6.0-5].
 */
export function isOvertaken(
  { publications, topic }: MessageRecord,
  { will, retained, restarted, overlapping, renewed }: OwedDelivery,
  { streams, sentinels, subscriptions }: BrokerSession,
): boolean {
  const [publication] = publications
  if (!publication || publications.length > 1 || publication.will || publication.restarted)
    return false
  if (will || retained || restarted || overlapping || renewed.length > 0) return false
  const found = matching(subscriptions, topic)
  if (found.length !== 1 || found[0]!.filter.share) return false
  const { client, qos, lastSeq, releaseSeq } = publication
  if (qos === 2 && releaseSeq === 0) return false
  const stream = streamOf(client, qos, topic)
  const given = Math.max(lastSeq, releaseSeq)
  if (given < (sentinels.get(stream) ?? 0)) return true
  return [0, 1, 2].some(delivered => {
    const latest = streams.get(`${stream} ${delivered}`)
    return latest !== undefined && isBefore(publication, latest.publication)
  })
}

function isBefore(one: Publication, other: Publication): boolean {
  if (one.lastSeq >= other.seq) return false
  if (one.qos < 2) return true
  if (one.releaseSeq === 0) return false
  return other.releaseSeq === 0 || one.releaseSeq < other.releaseSeq
}
