import { isRead, mayBeRead, proveRead, proveUnread } from './connection.ts'
import type { Ack, Connection, Exchange, Phase } from './state.ts'

/** The next state for an acknowledgement that is read. Any that does not fit leaves the state alone. */
function afterAck(phase: Phase, qos: number, ack: Pick<Ack, 'type' | 'refused'>): Phase {
  switch (phase) {
    case 'publish':
      if (ack.type === 'PUBACK') return qos === 1 ? 'free' : phase
      if (ack.type === 'PUBREC' && qos === 2) return ack.refused ? 'free' : 'pubrel'
      return phase
    case 'pubrel':
      return ack.type === 'PUBCOMP' ? 'free' : phase
    case 'free':
      return phase
  }
}

/** Applies what is known by now: acknowledgements proved read move the state, those proved unread go. */
export function settle(exchange: Exchange): void {
  const { acks } = exchange
  while (acks[0]) {
    const phase = afterAck(exchange.phase, exchange.qos, acks[0])
    // One that changes nothing here changes nothing, read or not.
    if (phase !== exchange.phase && !isRead(acks[0].mark)) break
    if (phase === 'free' && acks[0].refused) exchange.refused = true
    exchange.phase = phase
    acks.shift()
  }
  if (acks.length > 0 && !acks.every(ack => mayBeRead(ack.mark))) {
    exchange.acks = acks.filter(ack => mayBeRead(ack.mark))
  }
}

/** All states the target can be in; call `settle` first. */
export function possible(exchange: Exchange): Set<Phase> {
  const phases = new Set<Phase>([exchange.phase])
  let phase = exchange.phase
  for (const ack of exchange.acks) {
    phase = afterAck(phase, exchange.qos, ack)
    phases.add(phase)
  }
  if (exchange.optional) phases.add('free')
  return phases
}

/** The target has shown that it is (or was, when it sent) in this state: what that proves about our packets is noted. */
export function commit(exchange: Exchange, to: Phase, on: Connection): void {
  let phase = exchange.phase
  let needed = 0
  while (phase !== to && needed < exchange.acks.length) {
    phase = afterAck(phase, exchange.qos, exchange.acks[needed]!)
    needed += 1
  }
  if (phase !== to) return
  for (const ack of exchange.acks.slice(0, needed)) proveRead(ack.mark)
  const left = exchange.acks.slice(needed)
  const leaving = left.find(ack => afterAck(phase, exchange.qos, ack) !== phase)
  if (leaving && leaving.mark.connection !== on) proveUnread(leaving.mark)
  exchange.phase = phase
  exchange.acks = left.filter(ack => mayBeRead(ack.mark))
}

/** Turns the per-connection counters to this connection. */
export function turnTo(exchange: Exchange, connection: Connection): void {
  if (exchange.seenOn === connection.number) return
  exchange.seenOn = connection.number
  exchange.carried = true
  exchange.carriedPubrel = possible(exchange).has('pubrel')
  exchange.recs = []
  exchange.rels = 0
}
