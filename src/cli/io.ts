/** Where text goes: stdout, or whatever stands for it. */
export type TextStream = {
  write(text: string, done?: () => void): unknown
  on(event: 'error', listener: (error: NodeJS.ErrnoException) => void): unknown
  readonly isTTY?: boolean
  readonly columns?: number
}

/** All that a command line has to do with the process it runs in: handed in, so that a test needs no process of its own. */
export type Io = {
  stdout: TextStream
  stderr: TextStream
  env: { readonly [name: string]: string | undefined }
  /** Tells of SIGINT, SIGTERM and SIGHUP. */
  signals: {
    on(signal: NodeJS.Signals, listener: () => void): unknown
    removeListener(signal: NodeJS.Signals, listener: () => void): unknown
  }
  /** Ends the process at once, whatever is still under way in it. */
  exit(code: number): void
}

export const processIo: Io = {
  stdout: process.stdout,
  stderr: process.stderr,
  env: process.env,
  signals: process,
  exit: code => process.exit(code),
}
