import { type Ruling, say } from '../ruling.ts'
import { proveRead } from './connection.ts'
import type { Connection, Exchange, OwedAnswer } from './state.ts'

/*
 * Order among what one side sends. docs/qos2.md, "Order": PUBACK, PUBREC, PUBREL and resent PUBLISH are bound for clients;
 * 3.1.1 binds a server that delivers in PUBREL and resent PUBLISH; 5.0 binds a server per topic only.
 */

/** A PUBLISH resent on a resumed session, while an older one still waits for its resend. */
export function resendsPublish(ruling: Ruling, connection: Connection, exchange: Exchange): void {
  const first = firstOf(connection.resume.publishes)
  if (!first || first.order >= exchange.order) return
  const sameStream = first.topic === exchange.topic && first.qos === exchange.qos
  const bound = ruling.target === 'client' || (connection.version !== '5.0' && sameStream)
  if (!bound && !sameStream && connection.version === '5.0') return
  told(
    ruling,
    connection,
    'orderPublish',
    `PUBLISH id ${first.id}`,
    `PUBLISH id ${exchange.id}`,
    bound,
  )
}

/** A PUBREL resent on a resumed session, while another stands before it in the order of PUBREC and of PUBLISH alike. */
export function resendsPubrel(ruling: Ruling, connection: Connection, exchange: Exchange): void {
  if (ruling.target === 'broker' && connection.version === '5.0') return
  const first = firstOf(connection.resume.pubrels)
  if (!first || first.recOrder >= exchange.recOrder || first.order >= exchange.order) return
  told(ruling, connection, 'orderPubrel', `PUBREL id ${first.id}`, `PUBREL id ${exchange.id}`, true)
}

/** A PUBREL that answers a PUBREC of this connection. */
export function ordersPubrels(
  ruling: Ruling,
  connection: Connection,
  { answer, overtaken }: { answer: OwedAnswer; overtaken: OwedAnswer | undefined },
): void {
  proveRead(answer.mark)
  if (!overtaken || (ruling.target === 'broker' && connection.version === '5.0')) return
  told(ruling, connection, 'orderPubrel', overtaken.text, answer.text, true)
}

/** PUBACKs and PUBRECs of a client; a broker's towards its publishers are not bound. */
export function ordersAnswers(
  ruling: Ruling,
  connection: Connection,
  { answer, overtaken }: { answer: OwedAnswer; overtaken: OwedAnswer | undefined },
): void {
  if (!overtaken || ruling.target === 'broker') return
  if (answer.packet === 'PUBACK')
    told(ruling, connection, 'orderPuback', overtaken.text, answer.text, true)
  if (answer.packet === 'PUBREC')
    told(ruling, connection, 'orderPubrec', overtaken.text, answer.text, true)
}

/** Once a connection: the rest of a wrong order follows from its beginning. */
function told(
  ruling: Ruling,
  connection: Connection,
  clause: 'orderPublish' | 'orderPubrel' | 'orderPuback' | 'orderPubrec',
  expected: string,
  got: string,
  bound: boolean,
): void {
  if (connection.orderTold || connection.opaque) return
  connection.orderTold = true
  say(ruling, connection.version, clause, {
    message: `${got} came before ${expected}`,
    expected: `${expected} first`,
    got,
    ...(bound ? {} : { level: 'SHOULD', about: 'dispute' }),
  })
}

/** The exchange has moved on here: its resend is no longer owed. */
export function leaveResume({ resume }: Connection, id: number): void {
  resume.publishes.delete(id)
  resume.pubrels.delete(id)
  resume.open.delete(id)
}

function firstOf(map: Map<number, Exchange>): Exchange | undefined {
  for (const exchange of map.values()) return exchange
  return undefined
}
