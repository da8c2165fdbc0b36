import type { CaseResult } from '../../model/report.ts'
import { cameAgain, decisive, isDoubtful } from './rests-on.ts'
import { cameAndWent } from './unstable.ts'

/** So often a case is played again whose verdict may be one of chance. */
export const playsAgainMax = 3

/** What a case came to, and whether it may be played again. */
export type Raced<Job> = { job: Job; result: CaseResult; mayRace: boolean }

export type PlayRaces<Job> = {
  /** Plays a case anew; nothing where it could not be played. */
  play(job: Job): Promise<CaseResult | undefined>
  /** So many at once. */
  side: number
  /** The case comes and goes. */
  told(job: Job, result: CaseResult): void
}

/**
 * Where a race within the target decides, a case passes or fails by chance, and its verdict is another one in each run. A failure that was
 * seen to come and go, or that one case of a scenario has and another has not, is a sign of such a race. Then all that may depend on
 * it are played again, those that passed as often as those that failed: the other cases of the scenario, and the cases that passed and
 * cover a statement that is broken now and then. What did both is unstable; a pass or a failure is one that never came otherwise.
 */
export async function playRaces<Job>(all: Raced<Job>[], how: PlayRaces<Job>): Promise<void> {
  const open = new Set(all.filter(({ mayRace }) => mayRace))
  for (;;) {
    const signs = signsOf(all)
    const next = [...open].filter(({ result }) => isConcerned(result, signs))
    if (next.length === 0) return
    for (const one of next) open.delete(one)
    await sideBySide(next, how.side, async one => {
      const told = await playedAgain(one.result, () => how.play(one.job))
      if (told === one.result) return
      one.result = told
      how.told(one.job, told)
    })
  }
}

type Signs = {
  /** Scenarios whose cases did not all come to the same, and of which one failed. */
  scenarios: ReadonlySet<string>
  /** Statements that were broken in one play of a case and kept in another. */
  statements: ReadonlySet<string>
}

function signsOf(all: readonly Raced<unknown>[]): Signs {
  const verdicts = new Map<string, Set<string>>()
  const statements = new Set<string>()
  for (const { result } of all) {
    const { verdict } = result
    if (!isPlayed(verdict)) continue
    const scenario = scenarioOf(result)
    verdicts.set(scenario, (verdicts.get(scenario) ?? new Set()).add(verdict))
    const broken = result.first?.proven && decisive(result.first)
    if (broken) statements.add(broken.statement)
  }
  const mixed = [...verdicts].filter(([, came]) => came.size > 1 || came.has('unstable'))
  return { scenarios: new Set(mixed.map(([scenario]) => scenario)), statements }
}

function isConcerned(result: CaseResult, { scenarios, statements }: Signs): boolean {
  if (result.verdict === 'unstable' || !isPlayed(result.verdict)) return false
  if (scenarios.has(scenarioOf(result))) return true
  if (result.verdict === 'pass') return result.covers.some(one => statements.has(one))
  const broken = decisive(result)
  return broken !== undefined && statements.has(broken.statement)
}

/** One that never came to anything else stays as it was. Silence of a target may be the doing of others; it counts where it came twice. */
async function playedAgain(
  first: CaseResult,
  play: () => Promise<CaseResult | undefined>,
): Promise<CaseResult> {
  let silent: CaseResult | undefined
  for (let plays = 1; plays <= playsAgainMax; plays++) {
    const again = await play()
    if (!again || !isPlayed(again.verdict) || again.verdict === first.verdict) continue
    const [worse, milder] = worst(first) >= worst(again) ? [first, again] : [again, first]
    if (worse === again && isDoubtful(again) && !(silent && cameAgain(silent, again))) {
      silent = again
      continue
    }
    return cameAndWent(worse, milder, plays + 1)
  }
  return first
}

function worst({ verdict }: CaseResult): number {
  return ['pass', 'warn', 'fail'].indexOf(verdict)
}

/** Whether a case came to something that a race may decide. */
function isPlayed(verdict: CaseResult['verdict']): boolean {
  return verdict === 'pass' || verdict === 'warn' || verdict === 'fail' || verdict === 'unstable'
}

function scenarioOf({ id }: CaseResult): string {
  return id.split(':', 1)[0] ?? id
}

async function sideBySide<T>(
  all: readonly T[],
  max: number,
  act: (one: T) => Promise<void>,
): Promise<void> {
  const queue = [...all]
  const worker = async () => {
    for (let one = queue.shift(); one !== undefined; one = queue.shift()) await act(one)
  }
  await Promise.all(Array.from({ length: Math.min(max, queue.length) }, worker))
}
