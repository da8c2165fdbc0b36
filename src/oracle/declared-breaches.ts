import type { Place, StatementRef } from '../model/finding.ts'
import type { EventOf } from '../model/trace.ts'
import type { OwnBreach } from './own-side.ts'

/** A step that says `breaks:`, and what of it has come about. */
type Declared = {
  statements: readonly StatementRef[]
  place: Place
  text: string
  happened: boolean
}

/** Where a suite and what it did do not agree. */
export type BreachMistake = { message: string; place: Place }

/**
 * Holds what our side broke against what the scenario says that it breaks on purpose.
 *
 * A packet of ours that breaks a MUST needs one of its statements declared, by the step that is under way or by one before it: what is
 * held goes out later, and so do automatic answers. Of what a step declares, one has to come about before the case ends.
 */
export class DeclaredBreaches {
  private readonly declared: Declared[] = []
  private place: Place | undefined
  private readonly undeclared: BreachMistake[] = []

  /** A step begins. */
  begin({ breaks, place, text }: EventOf<'step'>): void {
    this.place = place
    if (breaks && breaks.length > 0) {
      this.declared.push({ statements: breaks, place, text, happened: false })
    }
  }

  /** Takes all that one packet broke. Answers whether the scenario says so, or need not. */
  take(breaches: readonly OwnBreach[]): boolean {
    const statements = breaches.map(({ statement }) => statement)
    let known = false
    for (const one of this.declared) {
      if (!one.statements.some(statement => statements.includes(statement))) continue
      one.happened = true
      known = true
    }
    return known || breaches.every(({ level, about }) => level !== 'MUST' || about === 'dispute')
  }

  /** A packet broke what nobody had declared. */
  note(breach: OwnBreach): void {
    if (!this.place || this.undeclared.length > 0) return
    this.undeclared.push({
      message: `our own side broke ${breach.statement}: ${breach.message}; no \`breaks\` says so`,
      place: this.place,
    })
  }

  /** Once the case has run whole: `complete`. Of one that ended early nobody knows what would have come. */
  mistakes(complete: boolean): BreachMistake[] {
    // A scenario that declares nothing at all is not held to it.
    if (this.declared.length === 0) return []
    const missing = this.declared.filter(({ happened }) => complete && !happened)
    return [
      ...this.undeclared,
      ...missing.map(({ statements, place, text }) => ({
        message: `\`breaks: ${statements.join(', ')}\` did not come about at \`${text}\``,
        place,
      })),
    ]
  }
}
