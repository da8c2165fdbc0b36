import { BudgetTimer } from '../../peers/budget-timer.ts'

/** Wakes the steps of one case whenever something happened to one of its actors. */
export class Wakeups {
  private wait: { look(): void; end(answer: undefined): void } | undefined
  private readonly signal: AbortSignal | undefined
  /** The largest share of its budget that a wait took before its answer came: 0 to 1. */
  tightest = 0

  /** With a signal it gives up all waiting once that is aborted. */
  constructor(signal?: AbortSignal) {
    this.signal = signal
    signal?.addEventListener('abort', () => this.wait?.end(undefined), { once: true })
  }

  fire(): void {
    this.wait?.look()
  }

  /**
   * Resolves with the first defined answer of `check`, asked now and after every change; with undefined when `budgetMs` ran out
   * or the signal was aborted. How much of a `grace` was used says nothing of the target's pace. Steps run one after another, so there is one waiter at most.
   */
  until<T>(
    check: () => T | undefined,
    budgetMs: number,
    what: 'budget' | 'grace' = 'budget',
  ): Promise<T | undefined> {
    const now = check()
    if (now !== undefined || budgetMs <= 0 || this.signal?.aborted) return Promise.resolve(now)
    const wait = new Wait(check, budgetMs, share => {
      this.wait = undefined
      if (share !== undefined && what === 'budget') this.tightest = Math.max(this.tightest, share)
    })
    this.wait = wait
    return wait.answer
  }
}

/** One wait for an answer. */
class Wait<T> {
  readonly answer: Promise<T | undefined>
  private readonly check: () => T | undefined
  private readonly budgetMs: number
  private readonly over: (share: number | undefined) => void
  private readonly patience: BudgetTimer
  private resolve!: (answer: T | undefined) => void
  private reject!: (error: unknown) => void

  /** @param over Called at the end, with the share of the budget that an answer took. */
  constructor(
    check: () => T | undefined,
    budgetMs: number,
    over: (share: number | undefined) => void,
  ) {
    this.check = check
    this.budgetMs = budgetMs
    this.over = over
    this.answer = new Promise((resolve, reject) => {
      this.resolve = resolve
      this.reject = reject
    })
    // A change at the very moment the budget ends still counts.
    this.patience = new BudgetTimer(budgetMs, () => this.end(check()))
  }

  look(): void {
    try {
      const answer = this.check()
      if (answer !== undefined) this.end(answer)
    } catch (error) {
      this.patience.stop()
      this.over(undefined)
      this.reject(error)
    }
  }

  end(answer: T | undefined): void {
    const usedMs = this.budgetMs - this.patience.stop()
    this.over(answer === undefined ? undefined : usedMs / this.budgetMs)
    this.resolve(answer)
  }
}
