import type { Place } from '../../model/finding.ts'
import type { Node } from '../../model/schema/node.ts'
import type { Context, Schema } from '../../model/schema/schema.ts'
import type { Step, StepBody } from '../ast.ts'

/** Who can do it: a fake client or fake broker, a proxy, the application on a client under test, the target, the whole scene. */
export type ActorKind = 'client' | 'broker' | 'proxy' | 'app' | 'target' | 'scene'

export type Verb = {
  actors: readonly ActorKind[]
  /** One sentence. */
  about: string
  /** Lines of a suite, as they stand in `steps`. */
  example: string
  /** `check`, `precondition` or `stimulus`, for the reference. */
  kind: string
  schema: Schema<unknown>
  read(node: Node, context: Context, inner: Inner): StepBody | undefined
}

/** What a verb may ask of the reader of steps. */
export type Inner = {
  place: Place
  /** Reads steps within this one; `locals` are loop counters with values they take. */
  steps(node: Node, locals?: { [name: string]: readonly string[] }): Step[] | undefined
  context: Context
}

export function verb<T>(spec: {
  actors: readonly ActorKind[]
  about: string
  kind: string
  example: string
  value: Schema<T>
  body(value: T, inner: Inner): StepBody | undefined
}): Verb {
  const { value, body, ...rest } = spec
  return {
    ...rest,
    schema: value,
    read(node, context, inner) {
      const read = value.read(node, context)
      return read === undefined ? undefined : body(read, inner)
    },
  }
}
