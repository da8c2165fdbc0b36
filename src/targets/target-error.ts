/**
 * What can go wrong around a target, none of it the target's conduct on the wire. Codes are stable; every one of them that ends
 * the run ends it with exit code 3.
 */
export type TargetErrorCode =
  /** The program of the profile's command is not on this machine. */
  | 'PROGRAM_MISSING'
  /** The operating system would not start the program. */
  | 'PROCESS_NOT_STARTED'
  /** The place for temporary files cannot be written. */
  | 'NO_TEMPORARY_FOLDER'
  /** The folder in which this runs was removed. */
  | 'NO_WORKING_FOLDER'
  /** The place where compiled adapters are kept cannot be written. */
  | 'NO_CACHE_FOLDER'
  /** The process runs (or ended) without ever serving. */
  | 'TARGET_NOT_READY'
  /** Started again on the data it had it does not serve. A case that asked for the restart fails by it, where the profile claims `durable`. */
  | 'TARGET_NOT_BACK'
  /** Nobody answers at the address. */
  | 'TARGET_UNREACHABLE'
  /** It served and then ended by itself. */
  | 'TARGET_DIED'
  /** The profile's `build` command failed. */
  | 'BUILD_FAILED'
  /** The adapter ended before it said hello. */
  | 'ADAPTER_NOT_STARTED'
  /** The adapter left a command without an answer. */
  | 'ADAPTER_SILENT'
  /** The adapter answers, but not as the protocol says. */
  | 'ADAPTER_BROKEN'
  /** The adapter ended in the middle of its work. */
  | 'ADAPTER_DIED'

/** The surroundings failed, not the target: exit code 3. The message says what was expected, what came, what to try. */
export class TargetError extends Error {
  override readonly name = 'TargetError'
  readonly code: TargetErrorCode

  constructor(code: TargetErrorCode, message: string, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause })
    this.code = code
  }
}
