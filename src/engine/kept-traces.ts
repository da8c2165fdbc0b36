import type { CaseResult } from '../model/report.ts'
import type { TraceEvent } from '../model/trace.ts'
import { floods } from './scene.ts'
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

  /** The result with as much of its trace as there is room for. */
  keep(result: CaseResult): CaseResult {
    const { trace } = result
    const bytes = trace.reduce((sum, event) => sum + sizeOf(event), 0)
    const fits =
      !isFlooded(result) &&
      this.events + trace.length <= eventsMax &&
      this.bytes + bytes <= bytesMax
    const kept = fits ? trace : cutTrace(result)
    this.events += kept.length
    this.bytes += kept.reduce((sum, event) => sum + sizeOf(event), 0)
    return fits ? result : { ...result, trace: kept }
  }
}

/** Whether the target sent so much in this case that it had to be ended. */
export function isFlooded({ findings }: CaseResult): boolean {
  return findings.some(({ message }) => message.endsWith(floods))
}

/** Its beginning, its end, and the events that findings point at. */
function cutTrace({ trace, findings }: CaseResult): TraceEvent[] {
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
