/** The command line, a suite or a profile is wrong: exit code 2, and nothing ran. The message is shown as it is. */
export class UsageError extends Error {
  override readonly name = 'UsageError'
}
