/** The run was told to end before there was anything to report: exit code 4. */
export class InterruptedError extends Error {
  override readonly name = 'InterruptedError'

  constructor() {
    super('interrupted before any case began')
  }
}
