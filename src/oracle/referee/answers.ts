import type { PacketType } from '../../model/packet.ts'
import type { OwedAnswer, OwedAnswers } from './state.ts'

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
      if (overtaken && comeInOrder.has(packet)) markOvertaken(owedAnswers, packet, index)
      return { answer, overtaken }
    }
    if (!answer.onlyAdvised) overtaken ??= answer
  }
  return undefined
}

/** Answers that come in the order of what they answer. Source: 3.1.1 and 5.0 §4.6. */
const comeInOrder: ReadonlySet<PacketType> = new Set(['PUBACK', 'PUBREC', 'PUBREL'])

function markOvertaken(owedAnswers: OwedAnswers, packet: PacketType, before: number): void {
  for (const answer of owedAnswers.slice(0, before)) {
    if (answer.packet === packet) answer.overtaken = true
  }
}

export function isOwed(owedAnswers: OwedAnswers, packet: PacketType, id: number): boolean {
  for (const answer of owedAnswers) if (answer.id === id && answer.packet === packet) return true
  return false
}

export function clearOwed(owedAnswers: OwedAnswers): void {
  owedAnswers.length = 0
}
