import type { Finding, Place, StatementRef } from '../model/finding.ts'
import type { EventOf } from '../model/trace.ts'
import { cite } from '../standard/clauses.ts'
import { isLimit, type OwnBreach } from './own-side.ts'

/** A step that says `breaks:`, and what of it has come about. */
type Declared = {
  statements: readonly StatementRef[]
  place: Place
  text: string
  happened: boolean
  /** It depends on the choice of the matrix whether the step breaks anything. */
  varies: boolean
}

/** Where a suite and what it did do not agree. */
export type BreachMistake = { message: string; place: Place }

/**
 * Holds what our side broke against what the scenario says that it breaks on purpose.
 *
 * A packet of ours that breaks a MUST needs one of its statements declared, by the step that is under way or by one before it: what is
 * held goes out later, and so do automatic answers. Of what a step declares, one has to come about before the case ends, unless the
 * step has a variable of the matrix in it: then other choices may do so. Nor has a wrong order of answers: that takes a target that sends
 * more than one packet at a time, which is for it to choose. Which rule an acknowledgement breaks that nothing asks for is the target's
 * choice as well: it may use the identifier just then, or not. 3.1 numbers no statements, so nothing is declared there.
 */
export class DeclaredBreaches {
  private readonly declared: Declared[] = []
  private place: Place | undefined
  private garbled = false
  private readonly choices: RegExp | undefined
  private readonly undeclared: (BreachMistake & { seq: number })[] = []

  /** @param choices names of the variables of the matrix */
  constructor(choices: readonly string[] = []) {
    const names = choices.filter(name => name !== 'version')
    if (names.length > 0) this.choices = new RegExp(`\\$\\{?(${names.join('|')})\\b`)
  }

  /** A step begins. */
  begin({ breaks, place, text }: EventOf<'step'>): void {
    this.place = place
    // A step that is repeated declares once.
    const again = this.declared.some(one => one.place.line === place.line && one.text === text)
    if (breaks && breaks.length > 0 && !again) {
      const varies = this.garbled || (this.choices?.test(text) ?? false)
      this.declared.push({ statements: breaks, place, text, happened: false, varies })
    }
  }

  /** The target ended a connection: what a step meant to break there may not have come about any more. */
  left(): void {
    for (const one of this.declared) one.varies = true
  }

  /** The target sent what is no packet: nothing goes out any more where it did, now or later. */
  sentGarbage(): void {
    this.garbled = true
    this.left()
  }

  /** Takes all that one packet broke. Answers whether the scenario says so, or need not. */
  take(breaches: readonly OwnBreach[]): boolean {
    let known = false
    for (const one of this.declared) {
      if (!one.statements.some(wanted => breaches.some(got => isSame(wanted, got)))) continue
      one.happened = true
      known = true
    }
    return known || breaches.every(isFree)
  }

  /** A packet broke what nobody had declared. */
  note(breach: OwnBreach): void {
    if (!this.place || this.undeclared.length > 0) return
    this.undeclared.push({
      message: `our own side broke ${breach.statement}: ${breach.message}; no \`breaks\` says so`,
      place: this.place,
      seq: breach.seq,
    })
  }

  /** A limit of the target that a step means to exceed, and does not: the target allows more than the scenario thinks. */
  unreached(): string | undefined {
    const one = this.declared.find(
      ({ statements, happened, varies }) => !happened && !varies && statements.every(isLimit),
    )
    return (
      one &&
      `the target allows what \`${one.text}\` does: ${one.statements.join(', ')} is not broken`
    )
  }

  /**
   * Once the case has run whole: `complete`. Of one that ended early nobody knows what would have come. What we answer to a target that was
   * wrong before, as was `found` then or later, may be wrong itself.
   */
  mistakes(complete: boolean, found: readonly Pick<Finding, 'seq'>[] = []): BreachMistake[] {
    const missing = this.declared.filter(
      ({ happened, varies, statements }) =>
        complete &&
        !happened &&
        !varies &&
        !statements.every(isLimit) &&
        !statements.every(isOrder),
    )
    return [
      ...this.undeclared.filter(({ seq }) => !found.some(finding => finding.seq < seq)),
      ...missing.map(({ statements, place, text }) => ({
        message: `\`breaks: ${statements.join(', ')}\` did not come about at \`${text}\``,
        place,
      })),
    ]
  }
}

/** The order of acknowledgements. */
function isOrder(statement: StatementRef): boolean {
  return orders.has(statement)
}

const orders: ReadonlySet<StatementRef> = new Set(
  (['3.1.1', '5.0'] as const).flatMap(version =>
    (['broker', 'client'] as const).flatMap(role =>
      (['orderPuback', 'orderPubrec', 'orderPubrel'] as const).map(name =>
        cite(name, version, role),
      ),
    ),
  ),
)

/** What the standard does not number it often says in several sections: of the field, of the packet, of its length. */
function isSame(wanted: StatementRef, { statement: got, packet }: OwnBreach): boolean {
  if (wanted === got || (wanted.includes('§') && got.includes('§'))) return true
  const isAck = packet === 'PUBACK' || packet === 'PUBREC' || packet === 'PUBCOMP'
  return isAck && strays.has(wanted) && strays.has(got)
}

/** An acknowledgement that nothing asks for: of an identifier that is not in use, or of one that was given to another message. */
const strays: ReadonlySet<StatementRef> = new Set(
  (['3.1.1', '5.0'] as const).flatMap(version =>
    (['broker', 'client'] as const).flatMap(role =>
      (['ackUnknownId', 'pubcompUnasked', 'wrongAnswer'] as const).map(name =>
        cite(name, version, role),
      ),
    ),
  ),
)

/** What needs no declaration: no MUST, disputed, or without a number to declare. */
function isFree({ level, about, statement }: OwnBreach): boolean {
  return level !== 'MUST' || about === 'dispute' || statement.startsWith('3.1:')
}
