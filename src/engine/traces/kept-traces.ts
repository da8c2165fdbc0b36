import type { CaseResult } from '../../model/report.ts'
import type { TraceEvent } from '../../model/trace.ts'
import { floods } from '../scene.ts'
import { PutAway } from './put-away.ts'
import { shortened, sizeOf } from './shortened.ts'

/** What the traces of all cases may hold before those that follow are cut: several times what a run of all suites has. */
const eventsMax = 200_000
const bytesMax = 32 * 1024 * 1024
/** What is left of a trace that is cut. */
const headMax = 50
const tailMax = 150
const longBytes = 512

/** The traces of the cases that are over, which stay until the reports are written: bounded, whatever a target did in them. */
export class KeptTraces {
  private events = 0
  private bytes = 0
  private readonly away = new PutAway()

  /** The result, whole, of a case of which another run is to tell what counts. */
  keepForNow(result: CaseResult): CaseResult {
    return this.away.result(result)
  }

  /** The result with as much of its trace as there is room for. */
  keep(result: CaseResult): CaseResult {
    const { first } = result
    const isWhole = !isFlooded(result)
    const own = this.fitted(result, isWhole)
    return this.away.result(first ? { ...own, first: this.fitted(first, isWhole) } : own)
  }

  private fitted<T extends Traced>(traced: T, whole: boolean): T {
    const { trace } = traced
    const fits =
      whole && this.events + trace.length <= eventsMax && this.bytes + bytesOf(trace) <= bytesMax
    const kept = fits ? trace : cutTrace(traced)
    this.events += kept.length
    this.bytes += bytesOf(kept)
    return fits ? traced : { ...traced, trace: kept }
  }
}

type Traced = Pick<CaseResult, 'trace' | 'findings'>

function bytesOf(trace: readonly TraceEvent[]): number {
  return trace.reduce((sum, event) => sum + sizeOf(event), 0)
}

/** Whether the target sent so much in this case that it had to be ended. */
export function isFlooded({ findings }: CaseResult): boolean {
  return findings.some(({ message }) => message.endsWith(floods))
}

/** Its beginning, its end, and the events that findings point at. */
function cutTrace({ trace, findings }: Traced): TraceEvent[] {
  const pointedAt = new Set(findings.map(({ seq }) => seq))
  const stays = (index: number, event: TraceEvent) =>
    index < headMax || index >= trace.length - tailMax || pointedAt.has(event.seq)
  const kept = trace.filter((event, index) => stays(index, event)).map(cutEvent)
  const left = trace.length - kept.length
  if (left === 0) return kept
  const text = `${left} events left out: the traces of this run are larger than what is kept`
  const { seq = 0, at = 0 } = kept[headMax - 1] ?? {}
  return [...kept.slice(0, headMax), { kind: 'note', text, seq, at }, ...kept.slice(headMax)]
}

function cutEvent(event: TraceEvent): TraceEvent {
  return sizeOf(event) > longBytes ? shortened(event) : event
}
