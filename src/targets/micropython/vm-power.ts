import type { CutPoint } from './cut-point.ts'
import type { FromVm, VmEnd } from './messages.ts'
import { type BoardMemory, clockTarget, hostMs, word } from './shared-memory.ts'

/**
 * Ends a boot from inside. MicroPython cannot catch it: like a power cut it runs no `except` and no `finally`.
 */
export class PowerOff extends Error {
  readonly end: VmEnd

  constructor(end: VmEnd) {
    super(end.why)
    this.end = end
  }
}

export const interrupted = Symbol('KeyboardInterrupt')

/** The board's time and power: every wait of the firmware goes through here, and every operation a power cut can hit. */
export class VmPower {
  private readonly memory: BoardMemory
  private readonly post: (message: FromVm) => void
  private readonly graceMs: number
  private cutAt: CutPoint | undefined
  private dead: PowerOff | undefined
  private bootMs = 0
  private dogMs = Number.POSITIVE_INFINITY
  private dogTimeoutMs = Number.POSITIVE_INFINITY
  /** On the host's clock. */
  private busyMs = 0
  /** The time to hurry to that was reached last. */
  private reachedMs = 0
  /** Raises KeyboardInterrupt in the running MicroPython. */
  onInterrupt: () => void = () => undefined
  /** Called in every wait: takes what the host sent meanwhile. */
  onWait: () => void = () => undefined

  constructor(memory: BoardMemory, graceMs: number, post: (message: FromVm) => void) {
    this.memory = memory
    this.graceMs = graceMs
    this.post = post
  }

  boot(cutAt: CutPoint | undefined): void {
    this.cutAt = cutAt
    this.dead = undefined
    this.busyMs = 0
    this.bootMs = this.memory.nowMs()
    this.dogMs = this.dogTimeoutMs = Number.POSITIVE_INFINITY
    for (const index of [word.socketOps, word.commits, word.lines, word.turns])
      this.memory.write(index, 0)
    for (const index of [word.heapBoot, word.heapLive, word.heapPeak]) this.memory.write(index, 0)
  }

  sinceBootMs(): number {
    return this.memory.nowMs() - this.bootMs
  }

  watch(timeoutMs: number): void {
    this.dogTimeoutMs = timeoutMs
    this.feed()
  }

  feed(): void {
    this.dogMs = this.memory.nowMs() + this.dogTimeoutMs
  }

  /** Runs one operation that a power cut may come before or after, or, where it can be torn, in the middle of. */
  operation<T>(kind: keyof typeof counterOf, run: () => T, tear: () => void = () => undefined): T {
    this.check()
    const counter = counterOf[kind]
    const index = this.memory.read(counter)
    this.cutHere({ kind, index, when: 'before' })
    if (this.isCut({ kind, index, when: 'torn' })) tear()
    this.cutHere({ kind, index, when: 'torn' })
    const result = run()
    this.memory.write(counter, index + 1)
    this.cutHere({ kind, index, when: 'after' })
    return result
  }

  /**
   * A line that the program prints. Emscripten turns what is thrown there into an error for Python: so the power goes in silence, and whatever
   * the program does next finds it gone.
   */
  print(post: () => void): void {
    if (this.dead) return
    try {
      this.operation('line', post)
    } catch (error) {
      if (!(error instanceof PowerOff)) throw error
      this.dead = error
    }
  }

  check(): void {
    if (this.dead) throw this.dead
    if (this.memory.read(word.cut)) throw new PowerOff({ why: 'cut' })
    if (this.memory.nowMs() > this.dogMs) throw new PowerOff({ why: 'watchdog' })
  }

  /** Something is on its way over the network: skipped time waits for it, `graceMs` if not told otherwise. */
  networkBusy(forMs = this.graceMs): void {
    this.busyMs = hostMs() + forMs
  }

  /** Nothing is: a connection failed. */
  networkIdle(): void {
    this.busyMs = 0
  }

  /** Waits until `ready` gives a value; undefined after `timeoutMs` (negative: never). */
  wait<T>(ready: () => T | undefined, timeoutMs: number): T | undefined | typeof interrupted {
    const endMs = timeoutMs < 0 ? Number.POSITIVE_INFINITY : this.memory.nowMs() + timeoutMs
    for (;;) {
      const turn = this.memory.read(word.turn)
      this.check()
      this.onWait()
      const value = ready()
      if (value !== undefined) return value
      if (this.takeInterrupt()) return interrupted
      const leftMs = endMs - this.memory.nowMs()
      if (leftMs <= 0) return undefined
      this.pause(turn, Math.min(leftMs, this.dogMs + 1 - this.memory.nowMs()))
    }
  }

  /** Waits until the turn is another one than `turn`, at most `timeoutMs` (negative: for ever). */
  waitTurn(turn: number, timeoutMs: number): void {
    this.wait(() => (this.memory.read(word.turn) === turn ? undefined : true), timeoutMs)
  }

  private pause(turn: number, leftMs: number): void {
    const targetMs = this.memory.clock[clockTarget] ?? 0
    const hurryMs = targetMs - this.memory.nowMs()
    if (hurryMs > 0) {
      this.hurry(turn, Math.min(leftMs, hurryMs))
      return
    }
    // A board that was busy all the while never hurried, and is there all the same.
    if (targetMs !== this.reachedMs) {
      this.reachedMs = targetMs
      this.post({ kind: 'hurried' })
    }
    Atomics.wait(this.memory.words, word.turn, turn, Math.max(0, leftMs))
  }

  /** Skips the wait, unless bytes may be on their way: then real time passes first. */
  private hurry(turn: number, skipMs: number): void {
    const startedMs = hostMs()
    const graceMs = this.memory.read(word.link) ? this.busyMs - startedMs : 0
    if (graceMs > 0) {
      const waitMs = Math.min(graceMs, skipMs)
      if (Atomics.wait(this.memory.words, word.turn, turn, waitMs) !== 'timed-out') return
    }
    this.memory.skip(Math.max(0, skipMs - (hostMs() - startedMs)))
  }

  private takeInterrupt(): boolean {
    if (!Atomics.exchange(this.memory.words, word.interrupt, 0)) return false
    this.onInterrupt()
    return true
  }

  private isCut(here: CutPoint): boolean {
    const point = this.cutAt
    return point?.kind === here.kind && point.index === here.index && point.when === here.when
  }

  private cutHere(here: CutPoint): void {
    if (this.isCut(here)) throw new PowerOff({ why: 'point', point: here })
  }
}

const counterOf = { 'socket-op': word.socketOps, commit: word.commits, line: word.lines }
