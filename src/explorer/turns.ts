/**
 * Waits of one lane. Somebody says that something has changed, and the one who waits looks again; a clock that all lanes share ends
 * what takes too long. A timer for each wait would cost more than a schedule.
 */
export class Turns {
  private waiting: { check(): boolean; resolve(met: boolean): void; deadline: number } | undefined
  private looking = false

  /** Looks again in the microtask after this: many changes of one read are looked at once. */
  changed(): void {
    if (this.looking || !this.waiting) return
    this.looking = true
    queueMicrotask(() => {
      this.looking = false
      this.look()
    })
  }

  /** True as soon as it holds, false after so many ms. One wait at a time. */
  until(check: () => boolean, budgetMs: number): Promise<boolean> {
    if (check()) return Promise.resolve(true)
    return new Promise(resolve => {
      this.waiting = { check, resolve, deadline: performance.now() + budgetMs }
      clock.add(this)
    })
  }

  tick(now: number): void {
    const { waiting } = this
    if (waiting && now >= waiting.deadline) this.end(waiting.check())
  }

  private look(): void {
    if (this.waiting?.check()) this.end(true)
  }

  private end(met: boolean): void {
    const { waiting } = this
    this.waiting = undefined
    clock.remove(this)
    waiting?.resolve(met)
  }
}

const tickMs = 20

/** Runs only while somebody waits. */
const clock = {
  all: new Set<Turns>(),
  timer: undefined as NodeJS.Timeout | undefined,
  add(turns: Turns): void {
    this.all.add(turns)
    this.timer ??= setInterval(() => {
      const now = performance.now()
      for (const one of this.all) one.tick(now)
    }, tickMs)
  },
  remove(turns: Turns): void {
    this.all.delete(turns)
    if (this.all.size > 0) return
    clearInterval(this.timer)
    this.timer = undefined
  },
}
