import type { Breach, StatementRef } from '../model/finding.ts'
import type { TraceEvent } from '../model/trace.ts'
import type { Outcome } from './outcome.ts'
import type { Atom, Schedule } from './schedule.ts'

/** Failures of the same clause, in the same state, of the same shape. */
export type Defect = {
  key: string
  /** What was said, without what differs from run to run. */
  failure: string
  statement: StatementRef
  breach: Breach
  state: string
  /** What went wrong, without ids and labels: `cut behind, PUBREC in`. */
  shape: string
  /** The shortest schedule that shows it, and its setup. */
  schedule: Schedule
  atoms: string[]
  /** Schedules that failed in this way. */
  times: number
  /** It failed again alone; else it is told as unstable. */
  stable: boolean
  replay: string
  trace: TraceEvent[]
  /** A scenario that `mqttspec run` fails in the same way; its text and whether that was tried. */
  scenario?: { text: string; fails: boolean }
  /** Why its scenario cannot even be read: a bug of ours. */
  scenarioProblem?: string
}

/** What counts against a target: a disputed reading and a MAY do not. */
function counts(breach: Breach): boolean {
  return breach.level !== 'MAY'
}

/** The failure before anything is shrunk: its clause, and what was said without what differs from run to run. */
export function failureKey(breach: Breach): string {
  return `${breach.statement} ${withoutNames(breach.message)}`
}

/** Whether a run fails in the same way as another did. */
export function failsLike(outcome: Outcome, key: string): Breach | undefined {
  return outcome.breaches.find(breach => counts(breach) && failureKey(breach) === key)
}

/** The first breach that is worth telling: a MUST before a SHOULD. */
export function gravest(outcome: Outcome): Breach | undefined {
  const told = outcome.breaches.filter(counts)
  return told.find(({ level }) => level === 'MUST') ?? told[0]
}

/** What went wrong, by kind of fault and of packet alone. */
export function shapeOf(atoms: readonly Atom[]): string {
  const parts = atoms.map(({ fault, point }) => {
    const where = fault.kind === 'cut' ? ` ${fault.where}` : ''
    return `${fault.kind}${where} ${point.type} ${point.direction}`
  })
  return parts.length === 0 ? 'nothing' : parts.sort().join(', ')
}

function withoutNames(message: string): string {
  return message
    .replace(/"[^"]*"/g, '…')
    .replace(/\d+/g, 'n')
    .replace(/reached \S+/g, 'reached …')
}
