import type { Case, Step } from './ast.ts'

/*
 * Most scenarios use QoS 2 in passing: a message that shows that a subscription works, or that the broker lives. For a target without
 * QoS 2 they say the same at QoS 1.
 */

/** The case at QoS 1 where it was at QoS 2; undefined where it is about QoS 2. */
export function loweredToQos1(kase: Case): Case | undefined {
  if (isAboutQos2(kase)) return undefined
  return {
    ...kase,
    steps: kase.steps.map(loweredStep),
    // At QoS 1 a copy is legal.
    verify: kase.verify.map(one =>
      one.name === 'exactly-once' ? { ...one, name: 'at-least-once' } : one,
    ),
    loweredToQos1: true,
  }
}

/** By its tag, its matrix, a statement that it covers, or a packet of QoS 2 that it names. */
function isAboutQos2({ tags, bindings, covers, steps }: Case): boolean {
  return (
    tags.includes('qos2') ||
    Object.entries(bindings).some(([name, value]) => /qos|level/i.test(name) && value === 2) ||
    covers.some(ref => /MQTT-(?:4\.3\.3|3\.[567]\.|4\.8\.2-[45]$)/.test(ref)) ||
    steps.some(step => names(step.body, ofQos2))
  )
}

const ofQos2 = new Set(['PUBREC', 'PUBREL', 'PUBCOMP'])

function names(value: unknown, words: ReadonlySet<string>): boolean {
  if (typeof value === 'string') return words.has(value)
  if (typeof value !== 'object' || value === null || value instanceof Uint8Array) return false
  return Object.values(value).some(inner => names(inner, words))
}

function loweredStep(step: Step): Step {
  return {
    ...step,
    body: lowered(step.body, false) as Step['body'],
    text: step.text.replace(/\bqos: 2\b/g, 'qos: 1'),
  }
}

/** Every QoS within; `inQos` where the value itself is one, as in a matcher or a list of codes. */
function lowered(value: unknown, inQos: boolean): unknown {
  if (value === 2 && inQos) return 1
  if (typeof value !== 'object' || value === null || value instanceof Uint8Array) return value
  if (Array.isArray(value)) return value.map(item => lowered(item, inQos))
  return Object.fromEntries(
    Object.entries(value).map(([key, inner]) => [
      key,
      lowered(inner, key === 'qos' || key === 'codes' || (inQos && withinMatcher.has(key))),
    ]),
  )
}

/** Members of matchers and steps that hold what the field around them is about. */
const withinMatcher = new Set(['value', 'items', 'matcher', 'matchers'])
