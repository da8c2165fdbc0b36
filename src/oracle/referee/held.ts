import type { Aliases } from '../ledger/content.ts'
import type { Connection, Exchange, Session } from './state.ts'

/** What one of these takes in memory, about, beside its texts. */
const exchangeBytes = 800
const entryBytes = 60
const ackBytes = 150
const answerBytes = 300

/** About how much memory is taken by what is under way. It grows with what the judged side begins and does not end. */
export function heldBytes(connections: Iterable<Connection>, sessions: Iterable<Session>): number {
  let bytes = 0
  for (const session of sessions) bytes += ofSession(session)
  for (const { owedAnswers, aliases, ourAliases } of connections) {
    bytes += owedAnswers.length * answerBytes + ofAliases(aliases) + ofAliases(ourAliases)
  }
  return bytes
}

function ofSession({ open, ours, discarded, strayPubrecs, subscribing }: Session): number {
  let bytes = (discarded.size + strayPubrecs.size + subscribing.size + 2 * ours.size) * entryBytes
  for (const exchange of open.values()) bytes += ofExchange(exchange)
  return bytes
}

function ofExchange({ topic, rest, acks, recs }: Exchange): number {
  return exchangeBytes + topic.length + rest.length + (acks.length + recs.length) * ackBytes
}

function ofAliases(aliases: Aliases): number {
  let bytes = 0
  for (const topic of aliases.values()) bytes += topic.length + entryBytes
  return bytes
}
