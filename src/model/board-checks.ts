/** What came of cutting a board's power at every point of a flow. */
export type SweepOutcome = {
  /** Power cuts tried. */
  cuts: number
  /** Operations of the flow without a cut, each of which is cut before and after. */
  socketOps: number
  commits: number
  /** Points that a run did not come to; they prove nothing. */
  notReached: number
  failures: { at: string; problems: string[] }[]
}

/** What came of a long run of the firmware as it ships: what was seen, in words, and what should not have been. */
export type LongRunOutcome = { seen: string; problems: string[] }

/** A simulated board beside the target's, with a broker and a clock that the harness moves. */
export type BoardChecks = {
  sweep(wish: { flow: string; twice: boolean }): Promise<SweepOutcome>
  longRun(wish: { flow: string }): Promise<LongRunOutcome>
}
