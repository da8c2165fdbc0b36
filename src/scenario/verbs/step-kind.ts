import type { Feature } from '../../model/features.ts'
import type { Place } from '../../model/finding.ts'
import type { Node } from '../../model/schema/node.ts'
import type { Context, Schema } from '../../model/schema/schema.ts'
import type {
  Expected,
  FieldValue,
  Judging,
  Matcher,
  PacketMatcher,
  PacketTemplate,
  Value,
} from '../step-parts.ts'

/** Who can do it: a fake client or fake broker, a proxy, the application on a client under test, the target, the whole scene. */
export type ActorKind = 'client' | 'broker' | 'proxy' | 'app' | 'target' | 'scene'

/** How a step is written: `actor.name: value`, or `name: value` for the whole scene. */
export type Verb<B = unknown> = {
  name: string
  actors: readonly ActorKind[]
  /** One sentence. */
  about: string
  /** Lines of a suite, as they stand in `steps`. */
  example: string
  /** `check`, `precondition` or `stimulus`, for the reference. */
  kind: string
  schema: Schema<unknown>
  read(node: Node, context: Context, inner: Inner): B | undefined
}

/** A step within a step, which is not looked into here. */
export type InnerStep = { text: string }

/** What a verb may ask of the reader of steps. */
export type Inner = {
  place: Place
  /** Reads steps within this one; `locals` are loop counters with values they take. */
  steps(node: Node, locals?: { [name: string]: readonly string[] }): InnerStep[] | undefined
  context: Context
}

export function verb<T, B>(spec: {
  name: string
  actors: readonly ActorKind[]
  about: string
  kind: string
  example: string
  value: Schema<T>
  body(value: T, inner: Inner): B | undefined
}): Verb<B> {
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

/** What is held against what comes; where a variable is named first, it is bound. */
export type Matching = Expected | { kind: 'fields'; fields: { [name: string]: Matcher } }

/** Steps inside a step, and how they come to run. */
export type Inside<S> =
  /** Expectations, met in any order. */
  | { kind: 'any order'; steps: S[] }
  /** The first of them that fits. */
  | { kind: 'one of'; branches: S[][] }
  /** Once for each round; `times` may be known only at run time. */
  | { kind: 'rounds'; counter?: string; times: Value; steps: S[] }

/** What the step waits for, if it waits for what comes next: it may stand in `together`, and begin a branch of `oneOf`. */
export type Expectation =
  | { kind: 'next'; expected: Expected; judging: Judging; lose: boolean }
  | { kind: 'event' }

/**
 * All that is to be known of one kind of step before it runs: how it is written, and what loader, lint and engine must know of any step.
 * What it does stands in `engine/steps`.
 */
export type StepKind<B, Family = B> = {
  /** Several verbs may come to the same, and one to several kinds of its family. */
  written: readonly [Verb<Family>, ...Verb<Family>[]]
  /** The values that it sends or is told. */
  values(body: B): FieldValue[]
  /** What it holds against what comes, in this order. */
  matches(body: B): Matching[]
  /** What it has to do with the connection of its actor. */
  connection: 'opens' | 'needs' | 'needs none'
  /** Whether a miss is held against the target. */
  checks(body: B): boolean
  /** Whether a message may be delivered because of it. */
  setsOff(body: B): boolean
  expects?(body: B): Expectation
  /** What it asks of the target beyond what its verb says: an author need not write that into `requires`. */
  needs?(body: B): Feature[]
  /** How long it may take by itself, in ms. */
  lastsMs?(body: B): number
  inside?<S>(body: Containing<B, S>): Inside<S>
}

/** The body with steps of one's own kind inside. */
type Containing<B, S> = B extends { steps: unknown }
  ? Omit<B, 'steps'> & { steps: S[] }
  : B extends { branches: unknown }
    ? Omit<B, 'branches'> & { branches: S[][] }
    : never

/** A kind for each verb of a family. */
export type StepKinds<Bodies> = {
  [V in keyof Bodies]: StepKind<{ verb: V } & Bodies[V], BodyOf<Bodies>>
}
type BodyOf<Bodies> = { [V in keyof Bodies]: { verb: V } & Bodies[V] }[keyof Bodies]

export const nothing = () => []
export const never = () => false
export const judged = ({ judging }: { judging: Judging }) => judging.as === 'check'

/** The values within a packet to send. */
export function valuesOf({ fields, flags }: PacketTemplate): FieldValue[] {
  return [...Object.values(fields), ...(flags === undefined ? [] : [flags])]
}

/** Whether sending it can make the target deliver something. */
export function delivers({ type }: { type: string }): boolean {
  return type === 'PUBLISH' || type === 'PUBREL'
}

export function one(packet: PacketMatcher): Expected {
  return { kind: 'packet', packet }
}

/** Several of those that stand there. */
export function present<T>(...values: (T | undefined)[]): T[] {
  return values.filter(value => value !== undefined)
}
