import type { Finding } from '../model/finding.ts'

/** Ends a case early: a check was not met. */
export class CheckFailed extends Error {
  readonly finding: Finding

  constructor(finding: Finding) {
    super(finding.message)
    this.finding = finding
  }
}

/** Ends a case early: what the check rests on did not come about. */
export class Inconclusive extends Error {}

/** Ends a case early: the target cannot be driven so. */
export class Skipped extends Error {}

/** Ends a case early: the run was interrupted or the case is out of time. */
export class Interrupted extends Error {}
