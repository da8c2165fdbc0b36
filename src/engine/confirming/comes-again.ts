import type { CaseResult } from '../../model/report.ts'
import { mayRace } from './may-race.ts'
import { playsAgainMax } from './races.ts'
import { causeOf, isDoubtful } from './rests-on.ts'
import { cameNoMore } from './unstable.ts'

/**
 * What the target sent proves its breach; that it does so each time, only a second play can tell. Where two connections meet, a race
 * within the target may decide, and its verdict would be another one in each run. Of each scenario and cause the first is played
 * again: where that breaks nothing, the breach comes and goes, and so may those of the scenario's other cases, which are played again too.
 */
export class ComesAgain {
  /** By scenario and cause: whether its first case did the same again. */
  private readonly known = new Map<string, Promise<boolean>>()
  /** Causes of which some breach did not come again. */
  private readonly comeAndGo = new Set<string>()

  /** What is told of a failure. @param play Plays the case again; nothing where it could not be played. */
  async judge(
    first: CaseResult,
    beside: readonly string[],
    play: () => Promise<CaseResult | undefined>,
  ): Promise<CaseResult> {
    if (!isProven(first) || !mayRace(first)) return first
    const cause = causeOf(first)
    const key = `${first.id.split(':')[0]} ${cause}`
    const known = this.known.get(key)
    if (known && (await known) && !this.comeAndGo.has(cause)) return first
    const played = this.playAgain(first, cause, beside, play)
    if (!known)
      this.known.set(
        key,
        played.then(({ verdict }) => verdict !== 'unstable'),
      )
    return played
  }

  private async playAgain(
    first: CaseResult,
    cause: string,
    beside: readonly string[],
    play: () => Promise<CaseResult | undefined>,
  ): Promise<CaseResult> {
    for (let plays = 1; ; plays++) {
      const told = verdictOf(first, await play(), beside, plays)
      if (told.verdict === 'unstable') this.comeAndGo.add(cause)
      if (told !== first || plays === playsAgainMax || !this.comeAndGo.has(cause)) return told
    }
  }
}

function isProven(result: CaseResult): boolean {
  const { verdict } = result
  return (verdict === 'fail' || verdict === 'warn') && !isDoubtful(result)
}

/** One that fails in another way, too, has failed; one that ends without a verdict says nothing of the first time. */
function verdictOf(
  first: CaseResult,
  again: CaseResult | undefined,
  beside: readonly string[],
  plays: number,
): CaseResult {
  const cameBack =
    again?.verdict !== 'pass' && !(again?.verdict === 'warn' && first.verdict === 'fail')
  return again && !cameBack ? cameNoMore(first, again, beside, plays) : first
}
