import type { Feature } from '../model/features.ts'
import type { Case, StepBody } from '../scenario/ast.ts'

/*
 * What a case asks of a client's adapter beyond its commands, taken from the steps themselves: an author need not say that a step with
 * RETAIN wants an adapter that can send it. Where the adapter does not claim it, the case is skipped and the library not blamed.
 */

/** The claims of an adapter that the steps of a case rest on, each once. */
export function adapterNeeds(kase: Case): Feature[] {
  const found = new Set<Feature>()
  collect(kase.steps, found)
  return [...found]
}

/** The claim that an event of the application rests on. */
export const toldBy = {
  published: 'can-told-published',
  subscribed: 'can-told-subscribed',
  unsubscribed: 'can-told-unsubscribed',
} as const satisfies { [event: string]: Feature }

export function isToldEvent(event: string): event is keyof typeof toldBy {
  return event in toldBy
}

const options = ['noLocal', 'retainAsPublished', 'retainHandling']

/** Steps stand in steps, branches and fragments; whatever has a verb is looked at. */
function collect(value: unknown, found: Set<Feature>): void {
  if (Array.isArray(value)) {
    for (const item of value) collect(item, found)
    return
  }
  if (typeof value !== 'object' || value === null) return
  if ('verb' in value) for (const need of needsOf(value as StepBody)) found.add(need)
  for (const inner of Object.values(value)) collect(inner, found)
}

/** By verb; verbs that are not here ask for nothing but themselves. */
const needsByVerb: {
  [V in StepBody['verb']]?: (body: Extract<StepBody, { verb: V }>) => Feature[]
} = {
  'app.publish': ({ fields }) => (isSet(fields.retain) ? ['can-retain'] : []),
  'app.subscribe': ({ fields }) => [
    ...(options.some(name => name in fields) ? (['can-subscribe-options'] as const) : []),
    ...('properties' in fields ? (['can-subscribe-properties'] as const) : []),
  ],
  'app.unsubscribe': ({ fields }) => ('properties' in fields ? ['can-subscribe-properties'] : []),
  'app.disconnect': ({ fields }) =>
    'properties' in fields || 'code' in fields ? ['can-disconnect-properties'] : [],
  // That it was told at all is passed over where the adapter cannot tell; what it was told is what the case is about.
  'app.expect': ({ event, fields }) =>
    isToldEvent(event) && Object.keys(fields).some(name => name !== 'tag' && name !== 'id')
      ? [toldBy[event]]
      : [],
}

function needsOf(body: StepBody): Feature[] {
  const needs = needsByVerb[body.verb] as ((body: StepBody) => Feature[]) | undefined
  return needs?.(body) ?? []
}

/** False where it is absent or plainly `false`; a variable may be true. */
function isSet(value: unknown): boolean {
  return value !== undefined && value !== false
}
