import type { StatementRef } from '../../model/finding.ts'
import type { PacketType } from '../../model/packet.ts'
import type { Version } from '../../model/version.ts'
import type { Case } from '../../scenario/ast.ts'
import type { TargetRole } from '../../standard/clauses.ts'
import { statements } from '../../standard/statements.ts'

/** What was missed: a packet, or `closed`; and, where another came or it was otherwise, which of its fields. */
export type CitedMiss = {
  packetType?: string
  fields?: readonly MissedField[]
  /**
   * `silence`: nothing came. `surplus`: what came is one too many. `end`: the connection had ended where it had to be open. Else something
   * came that is not as it has to be.
   */
  by?: 'silence' | 'surplus' | 'end'
  /** Of a PUBLISH that is one too many. */
  qos?: number
}

type MissedField = { field: string; expected: string; got?: string }

type ByVersion = { [V in Version]: string }

/** The statement that demands each packet as an answer. `closed` stands for the end of the connection. */
const demandedBy: { [packet: string]: ByVersion } = {
  CONNACK: { '3.1': '§3.2', '3.1.1': 'MQTT-3.1.4-4', '5.0': 'MQTT-3.1.4-5' },
  PUBLISH: { '3.1': '§4.1', '3.1.1': 'MQTT-4.5.0-1', '5.0': 'MQTT-4.5.0-1' },
  PUBACK: { '3.1': '§3.4', '3.1.1': 'MQTT-4.3.2-2', '5.0': 'MQTT-4.3.2-4' },
  PUBREC: { '3.1': '§3.5', '3.1.1': 'MQTT-4.3.3-2', '5.0': 'MQTT-4.3.3-8' },
  PUBREL: { '3.1': '§3.6', '3.1.1': 'MQTT-4.3.3-1', '5.0': 'MQTT-4.3.3-4' },
  PUBCOMP: { '3.1': '§3.7', '3.1.1': 'MQTT-4.3.3-2', '5.0': 'MQTT-4.3.3-11' },
  SUBACK: { '3.1': '§3.9', '3.1.1': 'MQTT-3.8.4-1', '5.0': 'MQTT-3.8.4-1' },
  UNSUBACK: { '3.1': '§3.11', '3.1.1': 'MQTT-3.10.4-4', '5.0': 'MQTT-3.10.4-4' },
  PINGRESP: { '3.1': '§3.13', '3.1.1': 'MQTT-3.12.4-1', '5.0': 'MQTT-3.12.4-1' },
  PINGREQ: { '3.1': '§3.12', '3.1.1': 'MQTT-3.1.2-23', '5.0': 'MQTT-3.1.2-20' },
  closed: { '3.1': '§2.1', '3.1.1': 'MQTT-4.8.0-1', '5.0': 'MQTT-4.13.1-1' },
}

/** Sections in which the rules of a packet stand: what a scenario covers of these may be what a miss of it breaks. */
const sectionsOf: { [packet: string]: string[] } = {
  CONNECT: ['3.1'],
  CONNACK: ['3.2', '3.1.2', '3.1.3', '3.1.4', '4.1'],
  PUBLISH: [
    '3.3',
    '3.1.2',
    '3.1.3',
    '3.8.3',
    '3.8.4',
    '3.10.4',
    '4.1',
    '4.3',
    '4.4',
    '4.5',
    '4.6',
    '4.7',
    '4.8.2',
    '4.9',
  ],
  PUBACK: ['3.3.4', '3.3.5', '3.4', '4.1', '4.3.2', '4.4', '4.6', '4.9'],
  PUBREC: ['3.3.4', '3.3.5', '3.5', '4.1', '4.3.3', '4.4', '4.6', '4.9'],
  PUBREL: ['3.6', '4.1', '4.3.3', '4.4', '4.6', '4.9'],
  PUBCOMP: ['3.7', '4.1', '4.3.3', '4.4', '4.9'],
  SUBSCRIBE: ['3.8', '4.7', '4.8.2'],
  SUBACK: ['3.8.4', '3.9', '4.8.2'],
  UNSUBSCRIBE: ['3.10'],
  UNSUBACK: ['3.10.4', '3.11'],
  PINGREQ: ['3.12', '3.1.2'],
  PINGRESP: ['3.12', '3.13'],
  DISCONNECT: ['3.14', '4.13', '3.1.4'],
  AUTH: ['3.15', '4.12'],
}

type FieldRule = {
  packet: PacketType
  field: RegExp
  target?: TargetRole
  expected?: RegExp
  /** The same values came, in another order. */
  reordered?: true
  /** The scenario has to be about one of the rules. */
  ifCovered?: true
  /** The last is the rule of the field; one before it, where the scenario is about that. */
  rules: { [V in Version]?: string | readonly string[] }
}

/** What a field breaks that is not as it has to be. */
const fieldRules: FieldRule[] = [
  {
    packet: 'PUBLISH',
    field: /^dup$/,
    expected: /true/,
    rules: { '3.1.1': 'MQTT-3.3.1-1', '5.0': 'MQTT-3.3.1-1' },
  },
  {
    packet: 'PUBLISH',
    field: /^dup$/,
    target: 'broker',
    rules: { '3.1.1': 'MQTT-3.3.1-3', '5.0': 'MQTT-3.3.1-3' },
  },
  {
    packet: 'PUBLISH',
    field: /^dup$/,
    target: 'client',
    rules: { '3.1.1': 'MQTT-4.3.3-1', '5.0': 'MQTT-4.3.3-2' },
  },
  {
    packet: 'PUBLISH',
    field: /^retain$/,
    target: 'broker',
    expected: /true/,
    rules: { '3.1.1': 'MQTT-3.3.1-8', '5.0': 'MQTT-3.3.1-13' },
  },
  {
    packet: 'PUBLISH',
    field: /^retain$/,
    target: 'broker',
    rules: { '3.1.1': 'MQTT-3.3.1-9', '5.0': 'MQTT-3.3.1-12' },
  },
  {
    packet: 'PUBLISH',
    field: /^qos$/,
    target: 'broker',
    rules: {
      '3.1.1': ['MQTT-3.1.2-9', 'MQTT-3.8.4-3', 'MQTT-3.8.4-6'],
      '5.0': ['§3.1.2.6', 'MQTT-3.8.4-3', 'MQTT-4.8.2-3', 'MQTT-3.8.4-8'],
    },
  },
  {
    packet: 'PUBLISH',
    field: /^payload$/,
    ifCovered: true,
    // Bytes of an identifier that is not due, or of a length that is not told right.
    rules: { '3.1.1': ['MQTT-2.3.1-5', '§2.2.3'], '5.0': ['MQTT-2.2.1-2', '§1.5.5'] },
  },
  {
    packet: 'PUBLISH',
    field: /^properties\.subscriptionIdentifiers/,
    target: 'broker',
    rules: { '5.0': ['MQTT-3.3.4-5', 'MQTT-3.3.4-3'] },
  },
  {
    packet: 'PUBLISH',
    field: /^qos$/,
    target: 'client',
    rules: { '3.1.1': '§4.3', '5.0': '§4.3' },
  },
  {
    packet: 'CONNECT',
    field: /^clientId$/,
    rules: { '3.1.1': 'MQTT-3.1.3-2', '5.0': 'MQTT-3.1.3-2' },
  },
  {
    packet: 'CONNECT',
    field: /^username$/,
    rules: { '3.1.1': 'MQTT-3.1.2-19', '5.0': 'MQTT-3.1.2-17' },
  },
  {
    packet: 'CONNECT',
    field: /^password$/,
    rules: { '3.1.1': 'MQTT-3.1.2-21', '5.0': 'MQTT-3.1.2-19' },
  },
  {
    packet: 'CONNACK',
    field: /^sessionPresent$/,
    expected: /true/,
    rules: { '3.1.1': 'MQTT-3.2.2-2', '5.0': 'MQTT-3.2.2-3' },
  },
  {
    packet: 'CONNACK',
    field: /^sessionPresent$/,
    // A session that should have ended is there: whichever rule ends it.
    rules: {
      '3.1.1': ['MQTT-3.2.2-1', 'MQTT-3.1.2-6', 'MQTT-3.2.2-3'],
      '5.0': ['MQTT-3.2.2-2', '§3.14.2.2.2', 'MQTT-4.1.0-2', 'MQTT-3.2.2-3'],
    },
  },
  { packet: 'SUBACK', field: /^codes$/, rules: { '3.1.1': 'MQTT-3.8.4-5', '5.0': 'MQTT-3.8.4-6' } },
  {
    packet: 'SUBACK',
    field: /^codes\[/,
    reordered: true,
    rules: { '3.1.1': 'MQTT-3.9.3-1', '5.0': 'MQTT-3.9.3-1' },
  },
  {
    packet: 'UNSUBACK',
    field: /^codes\[/,
    reordered: true,
    rules: { '5.0': 'MQTT-3.11.3-1' },
  },
  { packet: 'UNSUBACK', field: /^codes$/, rules: { '5.0': 'MQTT-3.11.3-2' } },
]

/**
 * What a miss breaks when the step cites nothing. A field that is not as it has to be has a rule of its own; else it is what demands the
 * packet, unless the scenario is about another rule of that packet, one that can be broken so. What a scenario covers besides is no reason
 * to blame.
 */
export function citeFor(
  kase: Case,
  target: TargetRole,
  { packetType, fields = [], by, qos }: CitedMiss,
): StatementRef {
  const { version, covers } = kase
  const byField = [
    ...fields.flatMap(one => fieldRule(packetType, one, fields, { target, version, covers })),
    ...(target === 'broker' && packetType === 'PUBLISH' && version === '5.0'
      ? passedOnRules(fields)
      : []),
  ]
  const wrong = byField.find(ref => covers.includes(ref)) ?? byField[0]
  if (wrong) return wrong
  const rule =
    by === 'end'
      ? keptOpen
      : by === 'surplus' && packetType === 'PUBLISH'
        ? oneTooMany[qos ?? 2]
        : undefined
  const demanded = (rule ?? demandOf(packetType, target))?.[version]
  const own: StatementRef | undefined = demanded ? `${version}:${demanded}` : undefined
  if (own && covers.includes(own)) return own
  const about = covers.find(ref => isAbout(ref, packetType, by) && canBreak(ref, by))
  return about ?? own ?? covers[0] ?? `${version}:§4.3`
}

/** A broker owes messages to its subscribers; a client sends those of its application. */
function demandOf(packetType: string | undefined, target: TargetRole): ByVersion | undefined {
  if (packetType === undefined) return undefined
  if (packetType === 'PUBLISH' && target === 'client')
    return { '3.1': '§4.1', '3.1.1': '§4.3', '5.0': '§4.3' }
  return demandedBy[packetType]
}

/** Whether it only says where the standard speaks of a connection that ends: no statement forbids a server to end one. */
export function isMereEnd(statement: StatementRef, by: CitedMiss['by']): boolean {
  return by === 'end' && Object.entries(keptOpen).some(([v, id]) => statement === `${v}:${id}`)
}

/** Where a connection ends: the sections that say when it may be closed. */
const keptOpen: ByVersion = { '3.1': '§2.1', '3.1.1': '§4.8', '5.0': '§4.13' }

/** What a delivery breaks that is one too many, by its QoS. */
const oneTooMany: { [qos: number]: ByVersion } = {
  0: { '3.1': '§4.1', '3.1.1': '§4.3.1', '5.0': '§4.3.1' },
  1: { '3.1': '§4.1', '3.1.1': '§4.3.2', '5.0': '§4.3.2' },
  2: { '3.1': '§4.1', '3.1.1': 'MQTT-4.3.3-2', '5.0': 'MQTT-4.3.3-10' },
}

type Cannot = { [V in Version]?: readonly string[] }

/** Rules of what stands in a packet, or of what may not be sent: nobody breaks them by sending nothing, nor by leaving. */
const notBySilence: Cannot = {
  '3.1.1': [
    ...['MQTT-2.3.1-1', 'MQTT-2.3.1-2', 'MQTT-2.3.1-4', 'MQTT-2.3.1-5', 'MQTT-2.3.1-6'],
    ...['MQTT-3.3.1-1', 'MQTT-3.3.1-2', 'MQTT-3.3.1-3', 'MQTT-3.3.1-8', 'MQTT-3.3.1-9'],
    ...['MQTT-3.3.1-11', 'MQTT-3.3.2-1', 'MQTT-3.3.2-2', 'MQTT-3.3.2-3', 'MQTT-3.8.4-6'],
    ...['MQTT-4.7.1-1', 'MQTT-4.7.1-2', 'MQTT-4.7.1-3', 'MQTT-4.7.2-1'],
  ],
  '5.0': [
    ...['MQTT-2.2.1-2', 'MQTT-2.2.1-3', 'MQTT-2.2.1-4', 'MQTT-2.2.1-5', 'MQTT-3.1.2-24'],
    ...['MQTT-3.1.2-26', 'MQTT-3.1.2-27', 'MQTT-3.3.1-1', 'MQTT-3.3.1-2', 'MQTT-3.3.1-3'],
    ...['MQTT-3.3.1-7', 'MQTT-3.3.1-12', 'MQTT-3.3.1-13', 'MQTT-3.3.2-1', 'MQTT-3.3.2-2'],
    ...['MQTT-3.3.2-3', 'MQTT-3.3.2-5', 'MQTT-3.3.4-7', 'MQTT-3.3.4-9', 'MQTT-3.5.2-1'],
    ...['MQTT-3.7.2-1', 'MQTT-3.8.3-3', 'MQTT-3.8.4-8', 'MQTT-4.3.3-6', 'MQTT-4.3.3-9'],
    ...['MQTT-4.4.0-2', 'MQTT-4.7.0-1', 'MQTT-4.7.1-1', 'MQTT-4.7.1-2', 'MQTT-4.7.2-1'],
    ...['MQTT-4.8.2-5', 'MQTT-4.8.2-6', 'MQTT-4.9.0-1', 'MQTT-4.9.0-2'],
  ],
}

/** Rules of what stands in a PUBLISH, or of what has to be sent: nobody breaks them by one PUBLISH too many. */
const notBySurplus: Cannot = {
  '3.1.1': [
    ...['MQTT-3.1.2-5', 'MQTT-3.1.2-8', 'MQTT-3.1.2-9', 'MQTT-3.3.1-1', 'MQTT-3.3.1-2'],
    ...['MQTT-3.3.1-3', 'MQTT-3.3.1-5', 'MQTT-3.3.1-8', 'MQTT-3.3.1-9', 'MQTT-3.8.4-6'],
    ...['MQTT-4.1.0-1', 'MQTT-4.3.1-1', 'MQTT-4.5.0-1'],
  ],
  '5.0': [
    ...['MQTT-3.1.2-7', 'MQTT-3.1.2-8', '§3.1.2.6', 'MQTT-3.1.2-23', 'MQTT-3.3.1-1'],
    ...['MQTT-3.3.1-2', 'MQTT-3.3.1-3', 'MQTT-3.3.1-5', 'MQTT-3.3.1-12', 'MQTT-3.3.1-13'],
    ...['MQTT-3.8.4-8', 'MQTT-4.1.0-1', 'MQTT-4.3.1-1', 'MQTT-4.5.0-1'],
  ],
}

function canBreak(ref: StatementRef, by: CitedMiss['by']): boolean {
  if (by === undefined) return true
  const version = ref.slice(0, ref.indexOf(':')) as Version
  const cannot = { silence: notBySilence, surplus: notBySurplus, end: notBySilence }[by]
  return !cannot[version]?.includes(ref.slice(version.length + 1))
}

/** What a broker breaks that passes a message on with other properties: each has a rule of its own, and a will has its own ones. */
function passedOnRules(fields: readonly MissedField[]): StatementRef[] {
  const ids = fields.flatMap(({ field }) => passedOn[field] ?? [])
  const user = fields.filter(({ field }) => field.startsWith('properties.userProperties'))
  if (user.length > 0)
    ids.push(...(isReordered(user) ? ['MQTT-3.3.2-18', 'MQTT-3.1.3-10'] : ['MQTT-3.3.2-17']))
  return ids.map((id): StatementRef => `5.0:${id}`)
}

/** The same names and values came, and some of them elsewhere in the list. */
function isReordered(fields: readonly MissedField[]): boolean {
  const sorted = (texts: (string | undefined)[]) => texts.sort().join('\n')
  return sorted(fields.map(({ expected }) => expected)) === sorted(fields.map(({ got }) => got))
}

const passedOn: { [field: string]: string } = {
  'properties.payloadFormatIndicator': 'MQTT-3.3.2-4',
  'properties.responseTopic': 'MQTT-3.3.2-15',
  'properties.correlationData': 'MQTT-3.3.2-16',
  'properties.contentType': 'MQTT-3.3.2-20',
}

function fieldRule(
  packetType: string | undefined,
  { field, expected }: MissedField,
  all: readonly MissedField[],
  {
    target,
    version,
    covers,
  }: { target: TargetRole; version: Version; covers: readonly StatementRef[] },
): StatementRef[] {
  const rule = fieldRules.find(
    one =>
      one.packet === packetType &&
      one.field.test(field) &&
      (one.target === undefined || one.target === target) &&
      (one.expected === undefined || one.expected.test(expected)) &&
      (!one.reordered || isReordered(all.filter(other => one.field.test(other.field)))),
  )
  const refs = [rule?.rules[version] ?? []].flat().map((id): StatementRef => `${version}:${id}`)
  const covered = refs.filter(ref => covers.includes(ref))
  return [...covered, ...(rule?.ifCovered ? [] : refs.slice(-1))].slice(0, 1)
}

/** Session state is no reason for an acknowledgement that does not come: it is owed to every packet that asks for it. */
const ofState = ['4.1', '4.4', '4.6']

const answers = new Set(['PUBACK', 'PUBREC', 'PUBCOMP'])

function isAbout(ref: StatementRef, packetType: string | undefined, by: CitedMiss['by']): boolean {
  if (packetType === undefined) return true
  if (packetType === 'closed')
    return /\bclos/.test(statements.get(ref)?.says ?? '') !== (by === 'end')
  const section = /(?:MQTT-|§)([\d.]+)/.exec(ref)?.[1] ?? ''
  const within = (prefix: string) => section === prefix || section.startsWith(`${prefix}.`)
  if (by === 'silence' && answers.has(packetType) && ofState.some(within)) return false
  if (by === 'surplus' && within('3.1.4')) return true
  return (sectionsOf[packetType] ?? []).some(within)
}
