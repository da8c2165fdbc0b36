import type { Finding } from '../../model/finding.ts'
import type { RunMs } from '../../model/trace.ts'

/** How a row of the ladder looks: dim is background, fault what the harness did, finding what the target did wrong. */
export type Tone = 'plain' | 'dim' | 'fault' | 'finding' | 'message'

/** One row of a ladder before it has a width. */
export type Row = {
  seq: number
  at: RunMs
  shape: Shape
  /** Right of the lifelines. */
  text: string
  tone: Tone
  /** What judges found at this row. */
  findings: Finding[]
  /** Actors whose connection is open once this row is drawn; the others' lifelines are broken lines. */
  connected: ReadonlySet<string>
}

export type Shape =
  /** Something passes between an actor and the target, or `peer` at a proxy. `label` sits on the arrow. */
  | {
      kind: 'arrow'
      actor: string
      peer?: string
      toTarget: boolean
      label: string
      line: 'solid' | 'dotted' | 'wavy'
      /** It came, and the harness acts as if it had not. */
      lost: boolean
    }
  /** Something happens at these actors, or at the target where there are none. */
  | { kind: 'point'; actors: string[]; sign: 'fault' | 'fence' | 'wait' | 'app' }
  /** The target stops or serves again. */
  | { kind: 'restart'; down: boolean }
  /** Only text: a step, a note. */
  | { kind: 'remark' }
