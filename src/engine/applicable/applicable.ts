import type { Version } from '../../model/version.ts'
import { isChallenged } from '../../peers/authentication/exchange.ts'
import type { Case, Condition, Step, StepBody } from '../../scenario/ast.ts'
import { announcedValue, limitValue, originOf } from '../../scenario/limits.ts'
import { loweredToQos1 } from '../../scenario/lower-qos.ts'
import { flatten, insideOf } from '../../scenario/visit.ts'
import type { Profile } from '../../targets/profile.ts'
import type { Target } from '../../targets/target.ts'
import { transportNamed } from '../../transport/index.ts'
import type { Behind } from '../actors/broker-behind.ts'
import { type Fields, recordsIn } from '../traces/records-in.ts'
import { adapterNeeds } from './adapter-needs.ts'
import { type Prerequisite, prerequisitesOf, topicOutside } from './needs.ts'
import { asOneCommand } from './one-command.ts'

export type Facts = {
  target: Target
  versions: Version[]
  fingerprint: { [choice: string]: string | number | boolean }
  /** The broker behind proxies. */
  behind?: Behind
  /** What other suites rest on and this target does not do, by version: why, as the reason of a skipped case. */
  unmet?: { [V in Version]?: { [P in Prerequisite]?: string } }
  /** Of these, by the id of the case that found it out, what is no failure of the target: why. */
  free?: { [caseId: string]: string }
}

/** Why a case cannot be asked of this target, or undefined. */
export function notApplicable(kase: Case, facts: Facts): string | undefined {
  const { target } = facts
  const needs = kase.role === 'client' ? 'broker' : 'client'
  if (target.role !== needs) return `for a ${needs} as target`
  if (!facts.versions.includes(kase.version))
    return `the target does not speak MQTT ${kase.version}`
  const unfit = kase.role === 'proxy' ? unfitBehind(kase, facts.behind) : undefined
  if (unfit) return unfit
  const known = knownIn(kase.version, facts)
  if (publishesAt2(kase) && !hasFeature('qos2', known)) {
    return `needs qos2${originIn([{ kind: 'feature', name: 'qos2', place: kase.place }], known)}`
  }
  if (needsQos1(kase) && !hasFeature('qos1', known)) {
    return `needs qos1${originIn([{ kind: 'feature', name: 'qos1', place: kase.place }], known)}`
  }
  for (const condition of kase.requires) {
    if (!holds(condition, known)) {
      return `needs ${describeCondition(condition)}${originIn([condition], known)}`
    }
  }
  for (const limit of kase.limits ?? []) {
    const found = limitValue(limit, known.fingerprint)
    if (found && 'missing' in found) return found.missing
  }
  for (const prerequisite of prerequisitesOf(kase)) {
    const because = facts.unmet?.[kase.version]?.[prerequisite]
    if (because !== undefined) return because
  }
  const free = facts.free?.[kase.id]
  if (free !== undefined) return free
  const { topicPrefix } = target.profile
  const outside = topicPrefix === undefined ? undefined : topicOutside(kase)
  if (outside !== undefined) return `its topic ${outside} is outside of the prefix ${topicPrefix}`
  const unable = wayUnknownTo(target, kase)
  if (unable) return unable
  if (target.role === 'client' && target.level === 1) {
    const missing = adapterNeeds(kase).find(need => !hasFeature(need, facts))
    if (missing) return `needs ${missing}: the adapter does not claim it`
  }
  if (target.role === 'broker' && kase.role === 'client') {
    const missing = adapterNeeds(kase).find(need => !hasFeature(need, facts))
    if (missing) return `needs ${missing}`
  }
  if (target.role === 'client' && target.level === 0) {
    const fitted = asOneCommand(kase.steps)
    if (fitted.kind === 'not drivable') return `not drivable: ${fitted.why}`
  }
  if (target.role === 'broker' && !target.restart && verbsOf(kase.steps).has('target.restart')) {
    return 'not drivable: we cannot restart this target'
  }
  return undefined
}

/** The cases as they can be asked of this target: at QoS 1 where it has no QoS 2 and they use that in passing. */
export function fittedTo(cases: readonly Case[], facts: Facts): Case[] {
  return cases.map(kase => {
    const wanting = publishesAt2(kase) && !hasFeature('qos2', knownIn(kase.version, facts))
    return (wanting ? loweredToQos1(kase) : undefined) ?? kase
  })
}

/** What CONNACK of 5.0 tells binds nobody in another version. */
function knownIn(version: Version, facts: Facts): Facts {
  if (version === '5.0') return facts
  const entries = Object.entries(facts.fingerprint)
  return { ...facts, fingerprint: Object.fromEntries(entries.filter(([name]) => !isTold(name))) }
}

function isTold(name: string): boolean {
  return originOf(name, {}) !== undefined
}

/** `: its CONNACK of 5.0 says Maximum QoS 1`, where it is for that. */
function originIn(conditions: readonly Condition[], { fingerprint, target }: Facts): string {
  if (target.role !== 'broker') return ''
  const origins = conditions.flatMap(condition => {
    // What a feature lacks may be for the profile to say.
    const asked = condition.kind === 'choice' || condition.kind === 'limit'
    return propertiesIn(condition).flatMap(property =>
      asked || fingerprint[property] !== undefined ? (originOf(property, fingerprint) ?? []) : [],
    )
  })
  return origins.length > 0 ? `: ${origins.join(', and ')}` : ''
}

/** The properties of CONNACK that a condition rests on. */
function propertiesIn(condition: Condition): string[] {
  switch (condition.kind) {
    case 'feature':
      return [deniedBy[condition.name]?.[0] ?? propertyOf[condition.name] ?? '']
    case 'choice':
    case 'limit':
      return [condition.name]
    case 'all':
    case 'any':
      return condition.conditions.flatMap(propertiesIn)
    case 'not':
      return propertiesIn(condition.condition)
  }
}

/** Of features that CONNACK bounds. */
const propertyOf: { [feature: string]: string } = {
  qos1: 'maximumQoS',
  qos2: 'maximumQoS',
  'topic-alias': 'topicAliasMaximum',
}

/** A client that cannot come in by the case's transport, or a transport that has none of what the case is about. */
function wayUnknownTo(target: Target, { transport, steps }: Case): string | undefined {
  const told = Object.keys(transportNamed(transport).invite?.(nowhere) ?? {})
  if (target.role === 'client') {
    const unknown = told.find(way => !target.can.includes(way))
    if (unknown) return `needs can-${unknown} for --transport ${transport}`
  }
  const isAboutFrames = verbsOf(steps).has('frames')
  return isAboutFrames && !told.includes('websocket') ? 'needs --transport ws or wss' : undefined
}

const nowhere = { path: '', ca: '', cert: '', key: '' }

/** Why the broker behind a proxy will not do for a case. */
function unfitBehind(kase: Case, behind: Behind | undefined): string | undefined {
  if (!behind) return 'needs a broker behind the proxy'
  const { name } = behind.target
  if (!behind.versions.includes(kase.version))
    return `the broker behind, ${name}, does not speak MQTT ${kase.version}`
  if (publishesAt2(kase) && !hasFeature('qos2', behind))
    return `the broker behind, ${name}, takes no QoS 2`
  return undefined
}

/**
 * Whether a case needs QoS 2 of the target: it says so, or publishes with it. A subscription at QoS 2 needs nothing [5.0:MQTT-3.2.2-10], and
 * a case about Maximum QoS knows what it does.
 */
function publishesAt2(kase: Case): boolean {
  if (kase.requires.some(condition => isAbout('maximumQoS', condition))) return false
  return (
    kase.tags.includes('qos2') ||
    flatten(kase.steps).some(step => !insideOf(step) && carries(step.body, 2))
  )
}

/** Whether a case publishes at QoS 1, or does so where it is asked of a target without QoS 2. */
function needsQos1(kase: Case): boolean {
  if (kase.requires.some(condition => isAbout('maximumQoS', condition))) return false
  return flatten(kase.steps).some(step => !insideOf(step) && carries(step.body, 1))
}

const subscribing = ['subscribe', 'app.subscribe']

function subscribes({ verb, type }: Fields): boolean {
  return subscribing.includes(String(verb)) || type === 'SUBSCRIBE'
}

/** Whether a step or one of its packets carries that QoS. */
function carries(body: StepBody, level: 1 | 2): boolean {
  return recordsIn(body, subscribes).some(({ qos }) => qos === level)
}

function isAbout(name: string, condition: Condition): boolean {
  switch (condition.kind) {
    case 'choice':
    case 'limit':
      return condition.name === name
    case 'all':
    case 'any':
      return condition.conditions.some(inner => isAbout(name, inner))
    case 'not':
      return isAbout(name, condition.condition)
    case 'feature':
      return false
  }
}

/** Every verb of a case, those of nested steps too. */
export function verbsOf(steps: Step[]): ReadonlySet<string> {
  const known = verbs.get(steps)
  if (known) return known
  const found = new Set(flatten(steps).map(({ body }) => body.verb))
  verbs.set(steps, found)
  return found
}

/** Asked several times for each case. */
const verbs = new WeakMap<Step[], ReadonlySet<string>>()

function holds(condition: Condition, facts: Facts): boolean {
  switch (condition.kind) {
    case 'feature':
      return hasFeature(condition.name, facts)
    case 'choice': {
      const seen =
        facts.fingerprint[condition.name] ?? facts.target.profile.settings?.[condition.name]
      return seen !== undefined && String(seen) === String(condition.value)
    }
    case 'limit': {
      const seen = announcedValue(condition.name, facts.fingerprint)
      if (seen === undefined) return false
      const { min = Number.NEGATIVE_INFINITY, max = Number.POSITIVE_INFINITY } = condition
      return Number(seen) >= min && Number(seen) <= max
    }
    case 'all':
      return condition.conditions.every(inner => holds(inner, facts))
    case 'any':
      return condition.conditions.some(inner => holds(inner, facts))
    case 'not':
      return !holds(condition.condition, facts)
  }
}

/** What CONNACK denies is lacking, whatever the profile says. */
const deniedBy: { [feature: string]: [property: string, value: number, inWords: string] } = {
  retained: ['retainAvailable', 0, 'Retain Available'],
  wildcards: ['wildcardSubscriptionAvailable', 0, 'Wildcard Subscription Available'],
  'shared-subscriptions': ['sharedSubscriptionAvailable', 0, 'Shared Subscription Available'],
  'subscription-identifiers': [
    'subscriptionIdentifiersAvailable',
    0,
    'Subscription Identifiers Available',
  ],
}

function hasFeature(name: string, facts: Facts): boolean {
  const { target, fingerprint } = facts
  const { profile } = target
  if (name === 'durable') return profile.durable === true
  if (name === 'enhanced-auth') return profile.auth !== undefined && isClaimed(name, profile)
  if (name === 'auth-challenge') return profile.auth !== undefined && isChallenged(profile.auth)
  if (name === 'restart') return target.role === 'broker' && target.restart !== undefined
  if (name === 'adapter') return target.role === 'client' && target.level === 1
  if (name === 'topic-alias') return Number(fingerprint.topicAliasMaximum ?? 0) > 0
  if (target.role === 'client' && name.startsWith('can-')) return target.can.includes(name.slice(4))
  if (name === 'reconnects-self') return target.role === 'client' && target.reconnects === 'self'
  const highest = Number(fingerprint.maximumQoS ?? 2)
  if (name === 'qos2' && highest < 2) return false
  if (name === 'qos1' && highest < 1) return false
  const denied = deniedBy[name]
  if (denied && fingerprint[denied[0]] === denied[1]) return false
  return isClaimed(name, profile)
}

function isClaimed(name: string, { lacks = [] }: Profile): boolean {
  return !lacks.includes(name)
}

function describeCondition(condition: Condition): string {
  switch (condition.kind) {
    case 'feature':
      return condition.name
    case 'choice':
      return `${condition.name} ${condition.value}`
    case 'limit': {
      const { min, max } = condition
      const bounds = [
        min === undefined ? '' : `at least ${min}`,
        max === undefined ? '' : `at most ${max}`,
      ]
      return [condition.name, bounds.filter(Boolean).join(' and ')].join(' ')
    }
    case 'all':
      return condition.conditions.map(describeCondition).join(' and ')
    case 'any':
      return condition.conditions.map(describeCondition).join(' or ')
    case 'not':
      return `not ${describeCondition(condition.condition)}`
  }
}
