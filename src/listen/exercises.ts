import type { StatementRef } from '../model/finding.ts'
import type { PacketType } from '../model/packet.ts'
import type { Version } from '../model/version.ts'

/** What goes wrong, and at which packet of the client (or, for `half` of an exchange of ours, at our PUBLISH). */
export type Mishap = {
  at: Extract<PacketType, 'PUBLISH' | 'PUBREC' | 'PUBREL' | 'PUBCOMP'>
  /**
   * `lose`: we act as if it had not come. `hold`: we take it and do not answer. `half`: only the first bytes of our packet go out.
   * `answer`: we answer. `repeat`: we answer twice. `refuse`: a 5.0 reason code of 0x80 or more.
   */
  how: 'lose' | 'hold' | 'half' | 'answer' | 'repeat' | 'refuse'
  /** Then the connection ends so. */
  cut?: 'fin' | 'rst'
}

/** One piece of the programme, which needs no application: an exchange, and one thing that goes wrong in it. */
export type Exercise = {
  id: string
  title: string
  /** Who begins the exchange. */
  by: 'client' | 'us'
  qos: 1 | 2
  /** Versions in which it is lawful; all where absent. */
  versions?: readonly Version[]
  strike?: Mishap
  /** The client comes back to Session Present 0 though it asked for its session. */
  forgets?: true
  /** We send so many copies of our PUBLISH on one connection. */
  copies?: number
  /** We send only a PUBREL, for an id that nobody used. */
  stray?: true
  covers: { [V in Version]?: string[] }
}

const before5 = ['3.1', '3.1.1'] as const
const resends = {
  '3.1.1': ['MQTT-4.4.0-1', 'MQTT-3.3.1-1'],
  '5.0': ['MQTT-4.4.0-1', 'MQTT-3.3.1-1'],
}
const releases = { '3.1.1': ['MQTT-4.4.0-1'], '5.0': ['MQTT-4.4.0-1', 'MQTT-4.3.3-6'] }
const completes = { '3.1.1': ['MQTT-4.3.3-2'], '5.0': ['MQTT-4.3.3-11'] }
const answers = { '3.1.1': ['MQTT-4.3.3-2'], '5.0': ['MQTT-4.3.3-8'] }

/**
 * The built-in programme, in the order in which a client meets it. A piece that needs a kept session is not played with a client
 * that asks for a new one each time: cutting it would show nothing.
 */
export const programme: readonly Exercise[] = [
  {
    id: 'qos2-undisturbed',
    title: 'A QoS 2 message of the client goes through',
    by: 'client',
    qos: 2,
    covers: { '3.1.1': ['MQTT-4.3.3-1'], '5.0': ['MQTT-4.3.3-4'] },
  },
  {
    id: 'publish-lost',
    title: 'PUBLISH is lost, the connection ends by FIN: it comes again with DUP and the same id',
    by: 'client',
    qos: 2,
    strike: { at: 'PUBLISH', how: 'lose', cut: 'fin' },
    covers: resends,
  },
  {
    id: 'pubrel-lost',
    title: 'PUBREL is lost, the connection ends by RST: PUBREL comes again, PUBLISH does not',
    by: 'client',
    qos: 2,
    strike: { at: 'PUBREL', how: 'lose', cut: 'rst' },
    covers: releases,
  },
  {
    id: 'pubcomp-held',
    title: 'PUBREL is taken, PUBCOMP never sent, FIN: PUBREL comes again, PUBLISH does not',
    by: 'client',
    qos: 2,
    strike: { at: 'PUBREL', how: 'hold', cut: 'fin' },
    covers: releases,
  },
  {
    id: 'pubrec-half',
    title: 'The connection ends in the middle of PUBREC: PUBLISH comes again',
    by: 'client',
    qos: 2,
    strike: { at: 'PUBLISH', how: 'half', cut: 'fin' },
    covers: resends,
  },
  {
    id: 'pubcomp-half',
    title: 'The connection ends in the middle of PUBCOMP: PUBREL comes again',
    by: 'client',
    qos: 2,
    strike: { at: 'PUBREL', how: 'half', cut: 'fin' },
    covers: releases,
  },
  {
    id: 'pubrec-then-cut',
    title:
      'The connection ends right behind PUBREC: PUBLISH or PUBREL comes, and PUBREL in the end',
    by: 'client',
    qos: 2,
    strike: { at: 'PUBLISH', how: 'answer', cut: 'fin' },
    covers: { '3.1.1': ['MQTT-4.4.0-1'], '5.0': ['MQTT-4.4.0-1'] },
  },
  {
    id: 'publish-lost-rst',
    title: 'PUBLISH is lost, the connection ends by RST: it comes again with DUP and the same id',
    by: 'client',
    qos: 2,
    strike: { at: 'PUBLISH', how: 'lose', cut: 'rst' },
    covers: resends,
  },
  {
    id: 'pubrec-repeated',
    title: 'PUBREC comes twice: PUBREL again or silence, never PUBLISH',
    by: 'client',
    qos: 2,
    versions: before5,
    strike: { at: 'PUBLISH', how: 'repeat' },
    covers: { '3.1.1': ['MQTT-4.3.3-1'] },
  },
  {
    id: 'pubrec-refused',
    title: 'PUBREC says 0x97: no PUBREL, and the message is not sent again',
    by: 'client',
    qos: 2,
    versions: ['5.0'],
    strike: { at: 'PUBLISH', how: 'refuse' },
    covers: { '5.0': ['MQTT-4.4.0-2'] },
  },
  {
    id: 'qos1-undisturbed',
    title: 'A QoS 1 message of the client goes through',
    by: 'client',
    qos: 1,
    covers: { '3.1.1': ['MQTT-4.3.2-1'], '5.0': ['MQTT-4.3.2-2'] },
  },
  {
    id: 'puback-held',
    title: 'PUBLISH at QoS 1 is taken, PUBACK never sent, RST: PUBLISH comes again',
    by: 'client',
    qos: 1,
    strike: { at: 'PUBLISH', how: 'hold', cut: 'rst' },
    covers: resends,
  },
  {
    id: 'receives-qos1',
    title: 'A message at QoS 0 and one at QoS 1 reach the client',
    by: 'us',
    qos: 1,
    covers: { '3.1.1': ['MQTT-4.3.2-2'], '5.0': ['MQTT-4.3.2-4'] },
  },
  {
    id: 'receives-qos2',
    title: 'A QoS 2 message reaches the client',
    by: 'us',
    qos: 2,
    covers: { '3.1.1': ['MQTT-4.3.3-2'], '5.0': ['MQTT-4.3.3-8', 'MQTT-4.3.3-11'] },
  },
  {
    id: 'publish-repeated',
    title: 'PUBLISH comes three times: three PUBRECs, and one exchange',
    by: 'us',
    qos: 2,
    versions: before5,
    copies: 3,
    covers: { '3.1.1': ['MQTT-4.3.3-2'] },
  },
  {
    id: 'pubrel-unknown',
    title: 'PUBREL for an id that nobody used is answered by PUBCOMP',
    by: 'us',
    qos: 2,
    stray: true,
    covers: completes,
  },
  {
    id: 'pubrec-lost',
    title: 'PUBREC is lost: PUBLISH comes again with DUP, and PUBREC answers it again',
    by: 'us',
    qos: 2,
    strike: { at: 'PUBREC', how: 'lose', cut: 'rst' },
    covers: answers,
  },
  {
    id: 'pubrel-resumed',
    title: 'The connection ends between PUBREC and PUBREL: the session goes on with PUBREL',
    by: 'us',
    qos: 2,
    strike: { at: 'PUBREC', how: 'hold', cut: 'fin' },
    covers: completes,
  },
  {
    id: 'pubcomp-lost',
    title: 'PUBCOMP is lost: PUBREL comes again, and PUBCOMP answers it again',
    by: 'us',
    qos: 2,
    strike: { at: 'PUBCOMP', how: 'lose', cut: 'fin' },
    covers: completes,
  },
  {
    id: 'publish-half',
    title: 'The connection ends in the middle of PUBLISH: the whole one with DUP is a new message',
    by: 'us',
    qos: 2,
    strike: { at: 'PUBLISH', how: 'half', cut: 'fin' },
    covers: answers,
  },
  {
    id: 'session-lost',
    title: 'PUBLISH is lost and with it the session: Session Present 0 is taken for what it says',
    by: 'client',
    qos: 2,
    strike: { at: 'PUBLISH', how: 'lose', cut: 'fin' },
    forgets: true,
    covers: { '5.0': ['MQTT-3.2.2-5'] },
  },
]

export function piecesFor(version: Version, pieces: readonly Exercise[]): Exercise[] {
  return pieces.filter(({ versions }) => versions === undefined || versions.includes(version))
}

export function coversOf(piece: Pick<Exercise, 'covers'>, version: Version): StatementRef[] {
  return (piece.covers[version] ?? []).map(id => `${version}:${id}` as const)
}
