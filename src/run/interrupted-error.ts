/** The run was ended before there was anything to report: exit code 4. */
export class InterruptedError extends Error {
  override readonly name = 'InterruptedError'

  /** @param why What ended it: `interrupted`, or a limit in words. */
  constructor(why = 'interrupted') {
    super(`${why} before any case began`)
  }
}
