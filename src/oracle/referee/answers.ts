import type { PacketType } from '../../model/packet.ts'
import type { ClauseName } from '../../standard/clauses.ts'
import type { Mark } from './connection.ts'

/** An answer the target owes to one packet of ours. */
export type OwedAnswer = {
  /** What it has to send. */
  packet: PacketType
  id: number
  clause: ClauseName
  /** `seq` and place of the packet it answers. */
  seq: number
  mark: Mark
  text: string
  /** Silence is only worth a warning, and nobody waits for it. */
  onlyAdvised: boolean
  /** Closing instead of answering: `may`, `should not`, `must not`. */
  closing: 'may' | 'should not' | 'must not'
  /** The number of codes that SUBACK and UNSUBACK need. */
  codes?: number
  /** Same message as one the target owns already, over a new connection. */
  repeat?: boolean
}

/**
 * Answers owed on one connection, in the order of the packets that ask for them. A list: answers come in order or nearly so, and maps
 * that fill and empty with every packet cost more than looking through what is in flight.
 */
export type OwedAnswers = OwedAnswer[]

export function createOwedAnswers(): OwedAnswers {
  return []
}

export function addOwed(owedAnswers: OwedAnswers, answer: OwedAnswer): void {
  owedAnswers.push(answer)
}

/** Takes the oldest answer of that kind and id; `overtaken` is the oldest of that kind, of another id, that is still waiting. */
export function takeOwed(
  owedAnswers: OwedAnswers,
  packet: PacketType,
  id: number,
): { answer: OwedAnswer; overtaken: OwedAnswer | undefined } | undefined {
  let overtaken: OwedAnswer | undefined
  for (let index = 0; index < owedAnswers.length; index++) {
    const answer = owedAnswers[index]!
    if (answer.packet !== packet) continue
    if (answer.id === id) {
      if (index === 0) owedAnswers.shift()
      else owedAnswers.splice(index, 1)
      return { answer, overtaken }
    }
    if (!answer.onlyAdvised) overtaken ??= answer
  }
  return undefined
}

export function isOwed(owedAnswers: OwedAnswers, packet: PacketType, id: number): boolean {
  for (const answer of owedAnswers) if (answer.id === id && answer.packet === packet) return true
  return false
}

export function clearOwed(owedAnswers: OwedAnswers): void {
  owedAnswers.length = 0
}
