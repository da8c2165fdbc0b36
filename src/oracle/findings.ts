import type { Breach, Level } from '../model/finding.ts'

const strength: { [L in Level]: number } = { MUST: 2, SHOULD: 1, MAY: 0 }

/**
 * Whether a breach is told already by one that was found before. One breach is one finding:
 *
 * - what else is wrong with the same packet follows from what is wrong with it first, unless it is the graver;
 * - the same rule broken in the same way again, by another packet, only repeats itself: the numbers in it may differ;
 * - an expectation that is missed repeats the rule that a judge has found broken.
 */
export function isTold(known: readonly Breach[], breach: Breach): boolean {
  return known.some(
    one =>
      (one.seq === breach.seq && isAsGrave(one, breach)) ||
      (one.statement === breach.statement &&
        isAsGrave(one, breach) &&
        (breach.judge === 'expectation' || shapeOf(one) === shapeOf(breach))),
  )
}

function isAsGrave(one: Breach, other: Breach): boolean {
  return gravity(one) >= gravity(other)
}

/** What is disputed is worth a warning; a durability finding stands apart from the others. */
function gravity({ level, about }: Breach): number {
  const weight = about === 'dispute' ? Math.min(strength[level], strength.SHOULD) : strength[level]
  return about === 'durability' ? weight - 0.5 : weight
}

/**
 * The message without what differs from one packet to the next, whoever judged. That a message was acknowledged is known to the ledger
 * and not to `verify`, which counts deliveries: the loss is one.
 */
function shapeOf({ message }: Breach): string {
  return message.replace(/"[^"]*"|\d+/g, '#').replace('was acknowledged and never', 'was never')
}
