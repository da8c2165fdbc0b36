import { patience } from './patience.ts'

/** Wakes the steps of one case whenever something happened to one of its actors. */
export class Pulse {
  private waiter: (() => void) | undefined
  private giveUp: (() => void) | undefined
  private readonly signal: AbortSignal | undefined
  /** The largest share of its budget that a wait took before its answer came: 0 to 1. */
  tightest = 0

  /** A pulse with a signal gives up all waiting once that is aborted. */
  constructor(signal?: AbortSignal) {
    this.signal = signal
    signal?.addEventListener('abort', () => this.giveUp?.(), { once: true })
  }

  fire(): void {
    this.waiter?.()
  }

  /**
   * Resolves with the first defined answer of `check`, asked now and after every change; with undefined when `budgetMs` ran out
   * or the signal was aborted. Steps run one after another, so there is one waiter at most.
   */
  until<T>(check: () => T | undefined, budgetMs: number): Promise<T | undefined> {
    const now = check()
    if (now !== undefined || budgetMs <= 0 || this.signal?.aborted) return Promise.resolve(now)
    return new Promise((resolve, reject) => {
      const done = (answer: T | undefined) => {
        const usedMs = budgetMs - stop()
        if (answer !== undefined) this.tightest = Math.max(this.tightest, usedMs / budgetMs)
        this.waiter = undefined
        this.giveUp = undefined
        resolve(answer)
      }
      this.giveUp = () => done(undefined)
      // A change at the very moment the budget ends still counts.
      const stop = patience(budgetMs, () => done(check()))
      this.waiter = () => {
        try {
          const answer = check()
          if (answer !== undefined) done(answer)
        } catch (error) {
          stop()
          this.waiter = undefined
          this.giveUp = undefined
          reject(error)
        }
      }
    })
  }
}
