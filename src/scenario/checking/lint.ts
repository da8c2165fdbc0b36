import type { Place } from '../../model/finding.ts'
import { didYouMean } from '../../model/schema/near.ts'
import type { ProblemCode, Span } from '../../model/schema/problem.ts'
import { type Context, report } from '../../model/schema/schema.ts'
import type { Step } from '../ast.ts'
import type { Script } from '../loading/script.ts'
import { kindOf } from '../verbs/index.ts'
import type { Expectation } from '../verbs/step-kind.ts'
import { flatten, insideOf } from '../visit.ts'
import { caseBytesMax, payloadBytesMax, sentBytes, sizesIn } from './sent-bytes.ts'

/** Reports what is well written and makes no sense. */
export function lint(script: Script, span: Span, context: Context): void {
  lintConnections(script, context)
  lintApplications(script, context)
  lintSizes(script, span, context)
  const all = flatten(script.steps)
  for (const { body, place } of all) {
    if (body.verb === 'together') lintTogether(body.steps, context)
    if (body.verb === 'oneOf') lintOneOf(body.branches, place, context)
  }
  if (script.verify.length === 0 && !all.some(isCheck)) {
    const hint = { hint: 'expect something, or add "verify"' }
    report(context, 'NO_CHECK', 'the scenario checks and verifies nothing', span, hint)
  }
  lintFence(script, all, context)
}

/** What can never fit is told before anything runs. */
function lintSizes({ steps }: Script, span: Span, context: Context): void {
  for (const { body, place } of flatten(steps)) {
    const large = insideOf({ body } as Step) ? undefined : sizesIn(body).find(isTooLarge)
    if (large === undefined) continue
    const message = `a payload of ${large} bytes: ${payloadBytesMax} at most`
    return at(context, 'OUT_OF_RANGE', message, place, {})
  }
  const bytes = sentBytes(steps)
  if (bytes <= caseBytesMax) return
  const message = `the scenario sends ${bytes} bytes in all: ${caseBytesMax} at most`
  report(context, 'OUT_OF_RANGE', message, span)
}

function isTooLarge(bytes: number): boolean {
  return bytes > payloadBytesMax
}

function isCheck({ body }: Step): boolean {
  return kindOf(body).checks(body)
}

/** Branches count one after the other: a hint to the author, not a proof. */
function lintConnections(script: Script, context: Context): void {
  const steps = flatten(script.steps)
  const known = new Set(steps.flatMap(({ actor }) => actor ?? []))
  const connected = new Set<string>()
  for (const { actor, body, place } of steps) {
    if (body.verb === 'fence') {
      for (const name of body.actors) {
        if (!known.has(name)) {
          const message = `no step gives "${name}" anything to do`
          at(context, 'UNKNOWN_ACTOR', message, place, didYouMean(name, known))
        } else if (!connected.has(name)) notConnected(name, place)
      }
    }
    if (actor === undefined) continue
    const { connection } = kindOf(body)
    if (connection === 'opens') connected.add(actor)
    if (connection === 'needs' && !connected.has(actor)) notConnected(actor, place)
  }

  function notConnected(actor: string, place: Place): void {
    const verb = script.role === 'client' || actor.startsWith('app') ? 'connect' : 'accept'
    const hint = { hint: `begin with "${actor}.${verb}"` }
    at(context, 'NOT_CONNECTED', `"${actor}" has no connection here`, place, hint)
    connected.add(actor)
  }
}

/**
 * How soon a client tells `connected` after CONNACK is its own affair: one that is commanded between the two may obey, refuse, or queue,
 * and the verdict would flip from run to run. Without a connection it may be commanded, on purpose.
 */
function lintApplications(script: Script, context: Context): void {
  const steps = flatten(script.steps)
  const apps = new Set(steps.flatMap(({ actor }) => (actor?.startsWith('app') ? [actor] : [])))
  /** Applications that have CONNACK and have not told so. */
  const unheard = new Set<string>()
  /** Those that are waited for where they are told to connect. */
  const waits = new Set<string>()
  const appOf = (broker: string) => {
    const own = `app${broker.replace(/^[a-z]+/, '')}`
    return apps.has(own) ? own : 'app'
  }
  for (const { actor, body, place } of steps) {
    // What it has acknowledged it read behind CONNACK.
    if (body.verb === 'fence') for (const name of body.actors) unheard.delete(appOf(name))
    if (actor === undefined) continue
    if (body.verb === 'app.connect' && body.wait) waits.add(actor)
    if (body.verb === 'accept' || body.verb === 'proxy.accept') {
      if (!waits.has(appOf(actor))) unheard.add(appOf(actor))
    }
    // Whoever tells anything of a message or a subscription has been connected.
    if (body.verb === 'app.expect') unheard.delete(actor)
    if (!commands.includes(body.verb) || !unheard.delete(actor)) continue
    const hint = { hint: `write "${actor}.await: { connected: {} }" before it` }
    const message = `"${actor}" is commanded before it has told that it is connected`
    at(context, 'NOT_AWAITED', message, place, hint)
  }
}

const commands: readonly string[] = [
  'app.publish',
  'app.subscribe',
  'app.unsubscribe',
  'app.disconnect',
  'app.reauthenticate',
]

function expectationOf({ body }: Step): Expectation | undefined {
  return kindOf(body).expects?.(body)
}

function lintTogether(steps: readonly Step[], context: Context): void {
  for (const step of steps) {
    if (expectationOf(step)) continue
    const { body, place } = step
    const hint = { hint: 'only expect, await, lose and receive can be met in any order' }
    at(context, 'WRONG_STEP', `"${body.verb}" expects nothing`, place, hint)
  }
}

/** The branch is chosen by what comes next on one connection. */
function lintOneOf(branches: readonly Step[][], place: Place, context: Context): void {
  let actor: string | undefined
  for (const [first] of branches) {
    if (!first) at(context, 'WRONG_STEP', 'a branch has no steps', place)
    else if (expectationOf(first)?.kind !== 'next') {
      const message = `a branch must begin with expect, lose or receive, not "${first.body.verb}"`
      at(context, 'WRONG_STEP', message, first.place)
    } else {
      actor ??= first.actor
      if (first.actor === actor) continue
      const message = `this branch begins with "${first.actor}", the first with "${actor}"`
      at(context, 'WRONG_STEP', message, first.place)
    }
  }
}

/** Verifiers that claim that nothing more came. */
const claims = ['exactly-once', 'at-most-once', 'not-delivered']

function lintFence(script: Script, steps: readonly Step[], context: Context): void {
  const claim = script.verify.find(({ name }) => claims.includes(name))
  if (!claim) return
  const lastFence = steps.findLastIndex(({ body }) => body.verb === 'fence')
  const lastSent = steps.findLastIndex(({ body }) => kindOf(body).setsOff(body))
  if (lastFence > lastSent && lastFence >= 0) return
  const hint = { hint: 'end the steps with "fence: [ … ]", naming who sends and who receives' }
  const message =
    lastFence < 0
      ? `"${claim.name}" claims that nothing more comes, and no step is a fence`
      : `"${claim.name}" claims that nothing more comes, and messages are sent behind the last fence`
  at(context, 'NO_FENCE', message, claim.place, hint, claim.name.length)
}

function at(
  context: Context,
  code: ProblemCode,
  message: string,
  place: Place,
  more: { hint?: string } = {},
  length = 1,
): void {
  report(context, code, message, { ...place, length }, more)
}
