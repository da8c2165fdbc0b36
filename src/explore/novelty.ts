import type { Fault } from './fault.ts'
import type { Atom } from './schedule.ts'

/**
 * In which order faults are tried: one of each kind at each type of packet first, then the same at the next message, and so on. A flow of
 * six messages has each fault six times over, and the second time rarely shows what the first did not. The rank of an atom is the round in
 * which its turn comes.
 *
 * What befalls the beginning of a flow comes a round later: it needs new sessions each time, and the beginnings of most flows are the same.
 * So does a fault that shows little beside others.
 */
export function ranksOf(atoms: readonly Atom[]): number[] {
  const seen = new Map<string, number>()
  return atoms.map(({ point, fault }) => {
    const kind = `${point.peer} ${point.direction} ${point.type} ${waysOf(fault)}`
    const round = seen.get(kind) ?? 0
    seen.set(kind, round + 1)
    return round + (point.begin ? 1 : 0) + (showsLittle(fault) ? 1 : 0) + (point.nth - 1)
  })
}

/** Indexes of atoms by rank, in their order within a rank. */
export function byRank(indexes: readonly number[], ranks: readonly number[]): number[] {
  return [...indexes].sort((a, b) => ranks[a]! - ranks[b]! || a - b)
}

function waysOf(fault: Fault): string {
  switch (fault.kind) {
    case 'cut':
      return `cut ${fault.where}`
    case 'restart':
      return `restart ${fault.how}`
    // Where the bytes part is what there is to try, and tries it is given in their turn.
    case 'cut-inside':
    case 'split':
    case 'lose':
    case 'hold':
    case 'delay':
    case 'coalesce':
    case 'repeat':
    case 'refuse-message':
    case 'stall':
    case 'half-open':
    case 'takeover':
    case 'leave':
    case 'lose-session':
    case 'refuse-connection':
    case 'expire':
    case 'power':
      return fault.kind
  }
}

/** The same happens to the target by another that is tried first, or nothing but the reading of bytes is asked. */
function showsLittle(fault: Fault): boolean {
  switch (fault.kind) {
    case 'split':
    case 'coalesce':
    case 'stall':
    case 'half-open':
    case 'delay':
    case 'cut-inside':
      return true
    case 'cut':
      return fault.how === 'rst'
    case 'lose':
    case 'hold':
    case 'repeat':
    case 'refuse-message':
    case 'takeover':
    case 'leave':
    case 'lose-session':
    case 'refuse-connection':
    case 'restart':
    case 'expire':
    case 'power':
      return false
  }
}
