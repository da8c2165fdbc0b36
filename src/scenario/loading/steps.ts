import type { Place } from '../../model/finding.ts'
import { didYouMean } from '../../model/schema/near.ts'
import { type Entry, entryText, isEmpty, type Node } from '../../model/schema/node.ts'
import type { Span } from '../../model/schema/problem.ts'
import { type Context, report, wrongType } from '../../model/schema/schema.ts'
import { own } from '../../model/schema/shapes.ts'
import type { Version } from '../../model/version.ts'
import type { Step, StepBody, SuiteRole } from '../ast.ts'
import { breaks as breaksIn } from '../schema/statements.ts'
import { actorKind, verbs } from '../verbs/index.ts'
import { actorName } from '../verbs/scene.ts'
import type { ActorKind, Verb } from '../verbs/step-kind.ts'
import { type Fragment, useSchema, within } from './fragments.ts'
import { substitute } from './substitute.ts'

/** What steps are read in. */
export type Surroundings = {
  role: SuiteRole
  fragments: ReadonlyMap<string, Fragment>
  /** Fragments being expanded, outermost first. */
  open: readonly string[]
  /** How many steps may still come, of this scenario with its fragments. */
  budget: { steps: number }
  /** The versions in which they run. */
  versions: readonly Version[]
  /** Steps without matrix variables are the same in every choice: they are read once. */
  readItems?: ReadItems
}
export type ReadItems = Map<Node, Step[] | undefined>

/** Steps of one scenario after expansion of its fragments; loops count once. */
export const stepsMax = 5000
const textMax = 100

/** Reads a list of steps; a `use` is replaced by the steps of its fragment. */
export function readSteps(node: Node, context: Context, around: Surroundings): Step[] | undefined {
  if (node.kind !== 'list') return wrongType(context, 'a list of steps', node)
  let complete = true
  const steps = node.items.flatMap(item => {
    const known = around.readItems?.has(item)
    const read = known ? around.readItems?.get(item) : readItem(item, context, around)
    if (!known) around.readItems?.set(item, read)
    if (!read) complete = false
    return read ?? []
  })
  return complete ? steps : undefined
}

function readItem(item: Node, context: Context, around: Surroundings): Step[] | undefined {
  if (--around.budget.steps < 0) {
    if (around.budget.steps > -2) {
      const message = `the scenario has more than ${stepsMax} steps with its fragments`
      report(context, 'OUT_OF_RANGE', message, item.span)
    }
    return undefined
  }
  const read = stepEntries(item, context)
  if (!read) return undefined
  const { entry, breaks } = read
  const steps = entry.key === 'use' ? expand(entry, context, around) : one(entry, context, around)
  if (!breaks) return steps
  const broken = breaksIn(around.versions).read(breaks.value, context)
  if (!steps || !broken) return undefined
  // Beside a fragment it is said of its steps together, which the first of them begins.
  const [first, ...others] = steps
  return first ? [{ ...first, breaks: broken }, ...others] : []
}

function one(entry: Entry, context: Context, around: Surroundings): Step[] | undefined {
  const step = readStep(entry, context, around)
  return step && [step]
}

/** A step is one key, and `breaks` beside it; a verb that needs no value may stand alone as a word. */
function stepEntries(item: Node, context: Context): { entry: Entry; breaks?: Entry } | undefined {
  if (item.kind === 'scalar' && !isEmpty(item)) {
    const value: Node = { kind: 'scalar', text: '', quoted: false, span: item.span }
    return { entry: { key: item.text, keySpan: item.span, value } }
  }
  if (item.kind !== 'map' || item.entries.length === 0) {
    return wrongType(context, 'a step such as "pub.send: …"', item)
  }
  const breaks = item.entries.find(({ key }) => key === 'breaks')
  const [entry, second] = item.entries.filter(entry => entry !== breaks)
  if (!entry) return wrongType(context, 'a step such as "pub.send: …" beside "breaks"', item)
  if (!second) return breaks ? { entry, breaks } : { entry }
  const message = `a step is one key, but "${second.key}" follows "${entry.key}"`
  return report(context, 'UNKNOWN_KEY', message, second.keySpan, {
    hint: 'indent it below the step, or begin a new step with "- "',
  })
}

function readStep(entry: Entry, context: Context, around: Surroundings): Step | undefined {
  const found = findVerb(entry, context, around.role)
  if (!found) return undefined
  const { line, column, file } = entry.keySpan
  const place: Place = { file, line, column }
  const body = found.verb.read(entry.value, context, {
    place,
    context,
    steps(node, locals = {}) {
      const known = new Map([...context.locals, ...Object.entries(locals)])
      const { readItems: _, ...inside } = around
      return readSteps(node, { ...context, locals: known }, inside)
    },
  })
  if (!body) return undefined
  const text = entryText(entry, textMax)
  return {
    ...(found.actor === undefined ? {} : { actor: found.actor }),
    body,
    place,
    text: text.length > textMax ? `${text.slice(0, textMax - 1)}…` : text,
  }
}

function findVerb(
  { key, keySpan }: Entry,
  context: Context,
  role: SuiteRole,
): { actor?: string; verb: Verb<StepBody> } | undefined {
  const dot = key.indexOf('.')
  if (dot < 0) return findSceneVerb(key, keySpan, context)
  const actor = key.slice(0, dot)
  const name = key.slice(dot + 1)
  const actorSpan = { ...keySpan, length: actor.length }
  const node: Node = { kind: 'scalar', text: actor, quoted: true, span: actorSpan }
  if (actorName.read(node, context) === undefined) return undefined
  const kind = actorKind(role, actor)
  const verb = own(verbs[kind], name)
  if (verb) return { actor, verb }
  const verbSpan = { ...keySpan, column: keySpan.column + dot + 1, length: name.length }
  return unknownVerb(name, verbSpan, kind, context)
}

function findSceneVerb(
  key: string,
  span: Span,
  context: Context,
): { verb: Verb<StepBody> } | undefined {
  const verb = own(verbs.scene, key)
  if (verb) return { verb }
  const isActors = kindsOf(key).length > 0
  const more = isActors
    ? { hint: `say who: "actor.${key}"` }
    : didYouMean(key, [...Object.keys(verbs.scene), 'use'])
  return report(context, 'UNKNOWN_VERB', `no verb is called ${JSON.stringify(key)}`, span, more)
}

function kindsOf(name: string): ActorKind[] {
  const kinds: ActorKind[] = ['client', 'broker', 'proxy', 'app', 'target', 'scene']
  return kinds.filter(kind => own(verbs[kind], name))
}

const kindTitles: Record<ActorKind, string> = {
  client: 'a fake client',
  broker: 'a fake broker',
  proxy: 'a proxy',
  app: 'an application (actors whose names begin with "app", in a suite of role broker or proxy)',
  target: 'the target',
  scene: 'the whole scene',
}

function unknownVerb(name: string, span: Span, kind: ActorKind, context: Context): undefined {
  const others = kindsOf(name)
  const [other] = others
  if (other) {
    const message = `${kindTitles[kind]} has no verb ${JSON.stringify(name)}: it belongs to ${kindTitles[other]}`
    return report(context, 'WRONG_ACTOR', message, span)
  }
  const message = `no verb is called ${JSON.stringify(name)}`
  report(context, 'UNKNOWN_VERB', message, span, didYouMean(name, Object.keys(verbs[kind])))
}

/** The steps of a fragment with its parameters filled in. */
function expand(entry: Entry, context: Context, around: Surroundings): Step[] | undefined {
  const use = useSchema.read(entry.value, context)
  if (!use) return undefined
  const fragment = around.fragments.get(use.fragment)
  if (!fragment) {
    const message = `no fragment is called ${JSON.stringify(use.fragment)}`
    const near = didYouMean(use.fragment, around.fragments.keys())
    return report(context, 'UNKNOWN_FRAGMENT', message, use.fragmentSpan, near)
  }
  if (around.open.includes(fragment.name)) {
    const path = [...around.open, fragment.name].join(' → ')
    return report(context, 'RECURSION', `the fragment uses itself: ${path}`, use.fragmentSpan)
  }
  const values = argumentsOf(fragment, use, context)
  if (!values) return undefined
  const steps = substitute(fragment.steps, values, new Set())
  const inner = within(context, entry.keySpan)
  const { readItems: _, ...inside } = around
  return readSteps(steps, inner, { ...inside, open: [...around.open, fragment.name] })
}

function argumentsOf(
  fragment: Fragment,
  use: { arguments: Entry[]; fragmentSpan: Span },
  context: Context,
): Map<string, Node> | undefined {
  const names = fragment.parameters.map(({ name }) => name)
  let complete = true
  for (const { key, keySpan } of use.arguments) {
    if (names.includes(key)) continue
    const message = `the fragment "${fragment.name}" has no parameter ${JSON.stringify(key)}`
    report(context, 'UNKNOWN_KEY', message, keySpan, didYouMean(key, names))
    complete = false
  }
  const values = new Map<string, Node>()
  for (const { name, otherwise } of fragment.parameters) {
    const value = use.arguments.find(({ key }) => key === name)?.value ?? otherwise
    if (value) values.set(name, value)
    else {
      const message = `the fragment "${fragment.name}" needs its parameter "${name}"`
      report(context, 'MISSING_KEY', message, use.fragmentSpan)
      complete = false
    }
  }
  return complete ? values : undefined
}
