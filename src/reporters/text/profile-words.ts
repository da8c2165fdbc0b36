import type { ProfileOutcome, ProfilePart } from '../../model/report.ts'
import { count } from './words.ts'

/** `4 cases, 1 failed: client/manners/connect-jitter:5.0`; what it asks against the standard behind it. */
export function partWords({ cases, failed, contradicts }: ProfilePart): string {
  const [first, ...more] = failed
  const which = first === undefined ? '' : `, ${failed.length} failed: ${first}`
  const others = more.length > 0 ? ` and ${more.length} more` : ''
  const against = contradicts === undefined ? '' : ` (${contradicts})`
  return `${count(cases, 'case')}${which}${others}${against}`
}

/** `device-advisor: fail, 2 of 13 parts`. */
export function profileWords({ name, outcome, parts }: ProfileOutcome): string {
  const failed = parts.filter(part => part.outcome === 'fail').length
  const which = failed > 0 ? `, ${failed} of ${count(parts.length, 'part')}` : ''
  return `${name}: ${outcome}${which}`
}

export const partSigns: Record<ProfilePart['outcome'], string> = {
  pass: '✅',
  fail: '❌',
  inconclusive: '❔',
  'not run': '⏭️',
}
