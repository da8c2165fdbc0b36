import type { CaseResult } from '../../model/report.ts'
import { cameAgain, causeOf, isDoubtful } from './rests-on.ts'
import { failedInCompany } from './unstable.ts'

/** A failure that has to come again. */
export type Doubt<Job> = {
  job: Job
  first: CaseResult
  /** Ids of the cases that were under way at the same time. */
  beside: string[]
  /** Most of the case is waiting for a rule about time. */
  waits: boolean
}

export type Again<Job> = {
  /** Runs a case anew. Nothing where it could not be run, or what became of it is told already. */
  run(job: Job, how: 'alone' | 'company'): Promise<CaseResult | undefined>
  /** No more than so many at once are small company. */
  companyMax: number
  done(job: Job, result: CaseResult): void
}

/**
 * Runs again what failed by something that did not come. Of each cause one case is run with nothing else under way; where that fails
 * again, the others of its cause are run in small company, and what does not come again there, alone. Where it does not, each of them is
 * run alone. Cases that mostly wait for a rule about time would wait one after the other: those that stand for different causes wait
 * together, and alone only where they did not fail again so.
 */
export async function confirm<Job>(doubts: Doubt<Job>[], again: Again<Job>): Promise<void> {
  const causes = new Map<string, Doubt<Job>[]>()
  for (const doubt of doubts) {
    const cause = causeOf(doubt.first)
    causes.set(cause, [...(causes.get(cause) ?? []), doubt])
  }
  const company: Doubt<Job>[] = []
  const alone: Doubt<Job>[] = []
  const groups = [...causes.values()].map(group => group.toSorted((a, b) => +a.waits - +b.waits))
  const waiting = groups.filter(([one]) => one?.waits)
  for (const [one, ...others] of groups.filter(group => !waiting.includes(group))) {
    if (one) (await tryOnce(one, 'alone', again)) ? company.push(...others) : alone.push(...others)
  }
  await sideBySide(waiting, again.companyMax, async ([one, ...others]) => {
    if (one && (await tryOnce(one, 'company', again, false))) company.push(...others)
    else alone.push(...(one ? [one, ...others] : []))
  })
  await sideBySide(company, again.companyMax, async doubt => {
    if (!(await tryOnce(doubt, 'company', again, false))) alone.push(doubt)
  })
  for (const doubt of alone) await tryOnce(doubt, 'alone', again)
}

/** Whether it came again. What did not is unstable, where `last`; else it is left open. */
async function tryOnce<Job>(
  { job, first, beside }: Doubt<Job>,
  how: 'alone' | 'company',
  again: Again<Job>,
  last = true,
): Promise<boolean> {
  const result = await again.run(job, how)
  if (!result) return true
  if (cameAgain(first, result)) {
    again.done(job, { ...result, confirmed: how })
    return true
  }
  const proven = result.verdict === 'fail' && !isDoubtful(result)
  if (proven || result.verdict === 'error') {
    again.done(job, result)
    return true
  }
  if (last) again.done(job, failedInCompany(first, result, beside))
  return false
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
