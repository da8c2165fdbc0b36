import type { PacketType } from '../../model/packet.ts'
import type { ClauseName } from '../../standard/clauses.ts'
import type { Mark } from './connection.ts'

/** An answer the target owes to one packet of ours. */
export type AnswerDue = {
  /** What it has to send. */
  packet: PacketType
  id: number
  clause: ClauseName
  /** `seq` and place of the packet it answers. */
  seq: number
  mark: Mark
  text: string
  /** Silence is only worth a warning, and nobody waits for it. */
  mild: boolean
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
export type AnswersDue = AnswerDue[]

export function createDues(): AnswersDue {
  return []
}

export function addDue(answersDue: AnswersDue, due: AnswerDue): void {
  answersDue.push(due)
}

/** Takes the oldest due of that kind and id; `overtaken` is the oldest of that kind, of another id, that is still waiting. */
export function takeDue(
  answersDue: AnswersDue,
  packet: PacketType,
  id: number,
): { due: AnswerDue; overtaken: AnswerDue | undefined } | undefined {
  let overtaken: AnswerDue | undefined
  for (let index = 0; index < answersDue.length; index++) {
    const due = answersDue[index]!
    if (due.packet !== packet) continue
    if (due.id === id) {
      if (index === 0) answersDue.shift()
      else answersDue.splice(index, 1)
      return { due, overtaken }
    }
    if (!due.mild) overtaken ??= due
  }
  return undefined
}

export function hasDue(answersDue: AnswersDue, packet: PacketType, id: number): boolean {
  for (const due of answersDue) if (due.id === id && due.packet === packet) return true
  return false
}

export function clearDues(answersDue: AnswersDue): void {
  answersDue.length = 0
}
