import type { Place } from '../../model/finding.ts'
import { didYouMean } from '../../model/schema/near.ts'
import { type Context, report } from '../../model/schema/schema.ts'
import type { Version } from '../../model/version.ts'
import type { FieldValue, Matcher, Ref, Step } from '../ast.ts'
import { type LimitVariable, limitVariables } from '../limits.ts'
import type { Script } from '../loading/script.ts'
import { kindOf } from '../verbs/index.ts'
import type { Matching } from '../verbs/step-kind.ts'
import { insideOf } from '../visit.ts'

/** Bound in every case. */
export const builtins = ['topic', 'client', 'authMethod', 'authData'] as const

/**
 * Walks the steps in order and reports variables used before anything binds them, and captures and counters that nothing
 * uses. A variable is bound where a matcher names it first; behind branches only what every branch binds is bound; what
 * a loop binds inside is bound anew in each round and not behind it. Answers which limits of the broker the steps rest on.
 */
export function checkBindings(
  script: Script,
  versions: readonly Version[],
  context: Context,
): LimitVariable[] {
  const limits = script.role === 'client' ? [...limitVariables.keys()] : []
  const walk = new Walk(context, Object.keys(script.bindings), versions)
  const bound = walk.steps(script.steps, new Set<string>([...builtins, ...limits]))
  for (const { args } of script.verify) walk.uses(Object.values(args), bound)
  walk.reportUnused()
  return [...walk.limits] as LimitVariable[]
}

type Bound = ReadonlySet<string>
type Capture = { what: string; place: Place; used: boolean }

class Walk {
  private readonly context: Context
  private readonly taken: readonly string[]
  private readonly captures = new Map<string, Capture>()
  private readonly versions: readonly Version[]
  /** Limits of the broker that the steps rest on. */
  readonly limits = new Set<string>()

  constructor(context: Context, taken: readonly string[], versions: readonly Version[]) {
    this.context = context
    this.taken = taken
    this.versions = versions
  }

  steps(steps: readonly Step[], bound: Bound): Bound {
    return steps.reduce((before, step) => this.step(step, before), bound)
  }

  reportUnused(): void {
    for (const [name, { what, place, used }] of this.captures) {
      if (used) continue
      const hint = what === 'bound' ? { hint: 'leave it out, or write "$_" for any value' } : {}
      const message = `$${name} is ${what} here and never used`
      this.report('UNUSED', message, place, name.length + 1, hint)
    }
  }

  uses(values: readonly FieldValue[], bound: Bound): void {
    for (const value of values) this.use(value, bound)
  }

  private step(step: Step, bound: Bound): Bound {
    const kind = kindOf(step.body)
    this.uses(kind.values(step.body), bound)
    const matched = kind
      .matches(step.body)
      .reduce((before, matching) => this.matching(matching, before), bound)
    const inside = insideOf(step)
    switch (inside?.kind) {
      case undefined:
        return matched
      case 'any order':
        return this.together(inside.steps, matched)
      case 'one of':
        return meet(inside.branches.map(branch => this.steps(branch, matched)))
      case 'rounds':
        return this.loop(inside.counter, inside.steps, matched, step.place)
    }
  }

  /** In any order: what one of them binds the others cannot rely on, but it is bound behind them. */
  private together(steps: readonly Step[], bound: Bound): Bound {
    const after = new Set(bound)
    for (const step of steps) {
      for (const name of this.step(step, bound)) {
        // Two that name the same variable check that they agree.
        if (after.has(name) && !bound.has(name)) this.markUsed(name)
        after.add(name)
      }
    }
    return after
  }

  private loop(
    counter: string | undefined,
    steps: readonly Step[],
    bound: Bound,
    place: Place,
  ): Bound {
    const inside = new Set(bound)
    if (counter !== undefined) {
      if (bound.has(counter) || this.taken.includes(counter)) {
        this.report('DUPLICATE_ID', `$${counter} is bound already`, place, 1)
      }
      if (counter !== '_') this.captured(counter, 'counted', place)
      inside.add(counter)
    }
    this.steps(steps, inside)
    return bound
  }

  private matching(matching: Matching, bound: Bound): Bound {
    switch (matching.kind) {
      case 'fields':
        return this.fields(matching.fields, bound)
      case 'packet':
        return this.fields(matching.packet.fields, bound)
      case 'closed':
        return bound
      case 'oneOf':
        return meet(matching.options.map(option => this.matching(option, bound)))
    }
  }

  private fields(fields: { [name: string]: Matcher }, bound: Bound): Bound {
    return Object.values(fields).reduce<Bound>(
      (before, field) => this.matcher(field, before),
      bound,
    )
  }

  private matcher(matcher: Matcher, bound: Bound): Bound {
    switch (matcher.kind) {
      case 'equals': {
        const { value } = matcher
        if (typeof value !== 'object' || value.kind !== 'ref' || bound.has(value.name)) {
          this.use(value, bound)
          return bound
        }
        this.captured(value.name, 'bound', value.place)
        return new Set([...bound, value.name])
      }
      case 'absent':
      case 'present':
        return bound
      case 'range':
        this.uses([matcher.min ?? 0, matcher.max ?? 0], bound)
        return bound
      case 'not':
        // What must not match binds nothing.
        this.mustBeBound(matcher.matcher, bound)
        return bound
      case 'oneOf':
        return meet(matcher.matchers.map(option => this.matcher(option, bound)))
      case 'list':
        return matcher.items.reduce((before, item) => this.matcher(item, before), bound)
      case 'fields':
        return this.fields(matcher.fields, bound)
    }
  }

  private mustBeBound(matcher: Matcher, bound: Bound): void {
    if (matcher.kind === 'equals') this.use(matcher.value, bound)
    else if (matcher.kind === 'oneOf') {
      for (const inner of matcher.matchers) this.mustBeBound(inner, bound)
    } else if (matcher.kind === 'not') this.mustBeBound(matcher.matcher, bound)
    else this.matcher(matcher, bound)
  }

  private use(value: FieldValue, bound: Bound): void {
    for (const ref of refsOf(value)) this.ref(ref, bound)
  }

  private ref({ name, place }: Ref, bound: Bound): void {
    this.markUsed(name)
    if (limitVariables.has(name)) this.limit(name, place)
    if (bound.has(name)) return
    const near = didYouMean(name, [...bound, ...this.taken])
    const hint = near.hint ? { hint: near.hint.replace('"', '"$') } : {}
    this.report('UNBOUND', `nothing has bound $${name} here`, place, name.length + 1, hint)
  }

  private limit(name: string, place: Place): void {
    this.limits.add(name)
    const others = this.versions.filter(version => version !== '5.0')
    if (others.length === 0) return
    const message = `$${name} is of MQTT 5.0, and this runs in ${others.join(' and ')}`
    this.report('UNBOUND', message, place, name.length + 1)
  }

  private captured(name: string, what: string, place: Place): void {
    if (!this.captures.has(name)) this.captures.set(name, { what, place, used: false })
  }

  private markUsed(name: string): void {
    const capture = this.captures.get(name)
    if (capture) capture.used = true
  }

  private report(
    code: 'UNBOUND' | 'UNUSED' | 'DUPLICATE_ID',
    message: string,
    place: Place,
    length: number,
    more: { hint?: string } = {},
  ): void {
    report(this.context, code, message, { ...place, length }, more)
  }
}

function refsOf(value: FieldValue): Ref[] {
  if (typeof value !== 'object') return []
  if (Array.isArray(value)) return value.flatMap(refsOf)
  switch (value.kind) {
    case 'ref':
      return [value]
    case 'template':
      return value.parts.filter(part => typeof part === 'object')
    case 'map':
      return Object.values(value.map).flatMap(refsOf)
    case 'bytes':
      return []
    case 'sized':
      return refsOf(value.bytes)
  }
}

/** What all ways bind. */
function meet(ways: readonly Bound[]): Bound {
  const [first = new Set<string>(), ...others] = ways
  return new Set([...first].filter(name => others.every(other => other.has(name))))
}
