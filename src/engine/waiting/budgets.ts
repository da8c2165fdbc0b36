/** Every wait has one of these names. All in ms, already scaled by `--timeout-scale`. */
export type Budgets = {
  /** An answer to something we sent; also how long the end of a case waits for what the target owes. */
  replyMs: number
  /** A TCP connection to the target. */
  connectMs: number
  /** A client under test comes back after a cut. */
  reconnectMs: number
  /** Silence after which a target that cannot be fenced is taken to have nothing more to say. 0: it can be fenced. */
  quietMs: number
  /** A whole case, without the waits that rules about time demand. */
  caseMs: number
  /** The target starts or restarts. */
  startMs: number
}

export const defaultBudgets: Budgets = {
  replyMs: 5000,
  connectMs: 5000,
  reconnectMs: 10_000,
  quietMs: 0,
  caseMs: 60_000,
  startMs: 20_000,
}

export function scaled(budgets: Partial<Budgets>, scale: number): Budgets {
  const all = { ...defaultBudgets, ...budgets }
  // Less than a timer can count is no wait at all; a budget of 0 stays one.
  const times = (ms: number) => (ms > 0 ? Math.max(1, ms * scale) : 0)
  return {
    replyMs: times(all.replyMs),
    connectMs: times(all.connectMs),
    reconnectMs: times(all.reconnectMs),
    quietMs: times(all.quietMs),
    caseMs: times(all.caseMs),
    startMs: times(all.startMs),
  }
}

/** A failure had its whole budget once. Where it is looked at again, the target has less to do and is asked first how quick it is. */
const againShare = 0.4

/**
 * The budgets of a case that is run again. One about time has its whole budget each time: no statement says how late a thing may come whose
 * time is over.
 */
export function budgetsAgain(budgets: Budgets, isAboutTime: boolean): Budgets {
  const share = isAboutTime ? 1 : againShare
  return { ...budgets, replyMs: Math.max(1, budgets.replyMs * share) }
}

/** A target that takes longer than this for the plainest of answers is slow, and not silent. */
export function promptMs({ replyMs }: Budgets): number {
  return replyMs * 0.1
}
