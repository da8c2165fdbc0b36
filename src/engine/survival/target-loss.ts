import { setMaxListeners } from 'node:events'
import type { Finding } from '../../model/finding.ts'
import type { CaseResult } from '../../model/report.ts'
import { inOneLine } from '../../model/text/in-one-line.ts'
import type { Case } from '../../scenario/ast.ts'
import type { Target } from '../../targets/target.ts'
import { unlessAborted } from '../waiting/unless-aborted.ts'
import { deafness } from './signs-of-loss.ts'

/** A client that dies in so many cases one after another dies in all, and each costs the time of two starts. */
const lossesInARowMax = 20
/** One that hangs costs the patience for an answer each time: of those fewer are enough. */
const slowLossesInARowMax = 3
const slowLossesMs = 25_000

/** Whether the target can still be asked anything, what ends when it cannot, and how it is started again. */
export class TargetLoss {
  private readonly target: Target
  private readonly signal: AbortSignal
  private readonly serves: (() => Promise<boolean>) | undefined
  /** One question for all cases that ask at a time. */
  private asking: Promise<boolean> | undefined
  private deaf = false
  private ending = new AbortController()
  /** Cases that lost it alone since one last ended without. */
  private lossesInARow = 0
  /** How long those took. */
  private lossesMs = 0

  /** @param serves Whether the target, if we can start it again, still answers a plain CONNECT. */
  constructor(target: Target, signal: AbortSignal, serves: (() => Promise<boolean>) | undefined) {
    this.target = target
    this.signal = signal
    this.serves = serves
    setMaxListeners(0, signal)
    signal.addEventListener('abort', () => this.ending.abort(), { once: true })
    this.beginRound()
  }

  /** Aborts at the next loss of the target: a case that waits for an answer of it waits in vain. */
  get round(): AbortSignal {
    return this.ending.signal
  }

  /** From one loss of the target to the next. */
  beginRound(): void {
    this.ending = new AbortController()
    // Each running case listens.
    setMaxListeners(0, this.ending.signal)
    if (this.signal.aborted) this.ending.abort()
  }

  endRound(): void {
    this.ending.abort()
  }

  /** Whether the target died or, where there is a sign of it, went deaf. */
  async since(sign: boolean): Promise<boolean> {
    if (this.target.death()) return true
    if (!this.serves || !sign) return false
    if (!this.deaf) {
      this.asking ??= this.serves().finally(() => {
        this.asking = undefined
      })
      const serves = await this.asking
      if (serves || this.signal.aborted) return this.target.death() !== undefined
      this.deaf = true
    }
    return true
  }

  /** As `since`, and asked again where it was seen to be deaf once: a case is to be blamed for it, and a busy machine is none. */
  forCertain(): Promise<boolean> {
    this.deaf = false
    return this.since(true)
  }

  /** It was seen to answer nobody: cases that end now need not ask. */
  noteDeaf(): void {
    if (!this.signal.aborted) this.deaf = true
  }

  /** Whether it lives on and serves nobody. */
  get isDeaf(): boolean {
    return this.deaf && !this.target.death()
  }

  /** A case ended, and the target is still there. */
  survived(): void {
    this.lossesInARow = 0
    this.lossesMs = 0
  }

  /** Why it is not started once more, though it could be: nothing is learned of a client that dies whatever it is asked. */
  get hopeless(): string | undefined {
    const lossesMax = this.lossesMs > slowLossesMs ? slowLossesInARowMax : lossesInARowMax
    if (this.target.role !== 'client' || this.lossesInARow < lossesMax) return undefined
    return `the target died in ${this.lossesInARow} cases one after another: ${this.reason()}`
  }

  /** What became of it. */
  reason(): string {
    return this.target.death()?.reason ?? `it ${deafness}`
  }

  /**
   * Starts the target again where it is lost; false where that cannot be done, or the run is interrupted meanwhile. What it had stored may
   * be what it died of, and no case needs it: each has client ids and topics of its own.
   */
  async mend(): Promise<boolean> {
    if (!this.target.death() && !this.deaf) return true
    const again = this.target.role === 'client' ? this.target.revive : this.target.renew
    if (!again) return false
    try {
      await unlessAborted(again.call(this.target), this.signal)
      this.deaf = false
      return true
    } catch {
      return false
    }
  }

  /** The result of a case that lost the target alone; so many cases were running when it was first lost. */
  verdictOn(result: CaseResult, kase: Case, running: number): CaseResult {
    this.lossesInARow += 1
    this.lossesMs += result.durationMs
    return this.target.role === 'client'
      ? adapterDied(result, this.reason())
      : brokerLost(result, kase, this.reason(), running)
  }
}

/**
 * Library and adapter are one process: which of them failed is for its author to say, so it is no verdict on the library. What it did
 * before stands. Its end closes its connections, and whether we hear of that first or of the end itself is chance.
 */
function adapterDied(result: CaseResult, reason: string): CaseResult {
  const end = result.trace.findLast(event => event.kind === 'close' && event.by === 'target')
  const before = (finding: Finding) => finding.level === 'MUST' && finding.seq < (end?.seq ?? 0)
  const stands = end ? result.findings.some(before) : true
  if (result.verdict === 'fail' && stands) return result
  return {
    ...result,
    verdict: 'inconclusive',
    reason: `it died in this case, alone with it: ${inOneLine(reason)}`,
    findings: end ? result.findings.filter(finding => finding.seq < end.seq) : result.findings,
  }
}

function brokerLost(result: CaseResult, kase: Case, reason: string, running: number): CaseResult {
  const statement = kase.covers[0] ?? (`${kase.version}:§4.8` as const)
  return {
    ...result,
    verdict: 'fail',
    reason: `the target was lost: ${inOneLine(reason)}`,
    findings: [
      ...result.findings,
      {
        statement,
        level: 'MUST',
        message: `the target was lost in this case, alone with it${running > 1 ? ` (${running} cases were running when it first was)` : ''}`,
        expected: 'a target that lives on',
        got: reason,
        seq: result.trace.at(-1)?.seq ?? 0,
        judge: 'expectation',
        at: result.place,
        atMs: result.durationMs,
      },
    ],
  }
}
