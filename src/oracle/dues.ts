import type { PacketType } from '../model/packet.ts'
import type { ClauseName } from './clauses.ts'
import type { Mark } from './connection.ts'

/** An answer the target owes to one packet of ours. */
export type Due = {
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

/** Answers owed on one connection, each kind in the order of the packets that ask for them. */
export type Dues = {
  byKind: Map<PacketType, Queue>
}

/** Insertion order is the order of asking; `byId` finds the oldest of an id at once. */
type Queue = { all: Set<Due>; byId: Map<number, Due[]> }

export function createDues(): Dues {
  return { byKind: new Map() }
}

export function addDue(dues: Dues, due: Due): void {
  let queue = dues.byKind.get(due.packet)
  if (!queue) {
    queue = { all: new Set(), byId: new Map() }
    dues.byKind.set(due.packet, queue)
  }
  queue.all.add(due)
  const same = queue.byId.get(due.id)
  if (same) same.push(due)
  else queue.byId.set(due.id, [due])
}

/** Takes the oldest due of that kind and id; `overtaken` is an older one of another id still waiting. */
export function takeDue(
  dues: Dues,
  packet: PacketType,
  id: number,
): { due: Due; overtaken: Due | undefined } | undefined {
  const queue = dues.byKind.get(packet)
  const same = queue?.byId.get(id)
  const due = same?.shift()
  if (!queue || !same || !due) return undefined
  if (same.length === 0) queue.byId.delete(id)
  const first = oldest(queue)
  queue.all.delete(due)
  return { due, overtaken: first === due ? undefined : first }
}

export function hasDue(dues: Dues, packet: PacketType, id: number): boolean {
  return dues.byKind.get(packet)?.byId.has(id) ?? false
}

export function* eachDue(dues: Dues): Iterable<Due> {
  for (const queue of dues.byKind.values()) yield* queue.all
}

export function clearDues(dues: Dues): void {
  dues.byKind.clear()
}

function oldest(queue: Queue): Due | undefined {
  for (const due of queue.all) if (!due.mild) return due
  return undefined
}
