/** What an application was told and saw in one case, over any number of boots. Messages are known by their payload. */
export type ApplicationRecord = {
  /** Published by the device, in order. `accepted`: the client took it; `told`: the client said that it is complete. */
  outgoing: Map<string, { accepted: boolean; told: boolean; id: number; toldAt: number }>
  /** Sent to the device; how often its application got each. */
  inbound: Map<string, number>
}

/** The other side's part of the same case. */
export type BrokerRecord = {
  /** Payloads it took for new messages, in order. */
  received: readonly string[]
  /** One line per packet, `> ` from the device. */
  log: readonly string[]
  breaches: readonly string[]
  /** Exchanges still open at the end. */
  open: readonly string[]
}

/** What may happen to an inbound message if the power goes between storing its id and calling the application. */
export type Gap = 'loses' | 'repeats'

/**
 * Judges a case as exactly once. A message that the client accepted must arrive once; one that it had not yet accepted when the power went
 * may also be lost; none may arrive twice; and what the application was told is complete must never be taken up again.
 * `excused` is the one allowance: inbound messages that the gap hit, at most one per cut that could have.
 */
export function judge(
  record: ApplicationRecord,
  broker: BrokerRecord,
  excused: { gap: Gap; count: number },
): { problems: string[]; gaps: string[] } {
  const gaps: string[] = []
  const problems = [...broker.breaches, ...broker.open.map(each => `${each} is still open`)]
  for (const [payload, message] of record.outgoing) {
    const count = broker.received.filter(each => each === payload).length
    if (count > 1) problems.push(`${payload} arrived ${count} times`)
    if (count === 0 && message.accepted) problems.push(`${payload} was accepted and never arrived`)
    if (message.told && takenUpAgain(payload, message, broker.log))
      problems.push(`${payload} was taken up again after the application was told it is complete`)
  }
  for (const [payload, count] of record.inbound) {
    if (count === 1) continue
    const hit = count === (excused.gap === 'loses' ? 0 : 2)
    if (hit && gaps.length < excused.count) gaps.push(payload)
    else problems.push(`${payload} was delivered ${count} times`)
  }
  return { problems, gaps }
}

/** A copy for another case that goes on from the same state. */
export function copyOfRecord(record: ApplicationRecord): ApplicationRecord {
  return {
    outgoing: new Map([...record.outgoing].map(([payload, each]) => [payload, { ...each }])),
    inbound: new Map(record.inbound),
  }
}

/** After `toldAt`, PUBLISH of the message, or PUBREL of its id while no other message has it. */
function takenUpAgain(
  payload: string,
  { id, toldAt }: { id: number; toldAt: number },
  log: readonly string[],
): boolean {
  for (const line of log.slice(toldAt)) {
    const [from, type, number, ...rest] = line.split(' ')
    if (from !== '>' || Number(number) !== id) continue
    if (type === 'pubrel') return true
    if (type === 'publish') return rest.at(-1) === payload
  }
  return false
}
