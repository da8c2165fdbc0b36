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

export type Sweep = (wish: { flow: string; twice: boolean }) => Promise<SweepOutcome>
