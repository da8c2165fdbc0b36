import { fromHex } from '../../src/model/text/hex.ts'
import { audit } from '../../src/oracle/audit/packet-form.ts'
import { breachesOf } from '../../src/standard/formats/breaches.ts'
import { written } from '../../src/standard/formats/octets.ts'
import {
  type Breach,
  type ByVersion,
  type FormatVersion,
  formatVersions,
} from '../../src/standard/formats/packet-format.ts'
import { statements } from '../../src/standard/statements.ts'
import { flowMap } from './flow-map.ts'
import { type GeneratedSuite, legalSuites } from './legal-text.ts'

/** The suites of packet formats, one for each packet and role: `suites/broker/formats/subscribe.yaml`. */
export function formatSuites(): GeneratedSuite[] {
  return [...wrongSuites(), ...legalSuites()]
}

function wrongSuites(): GeneratedSuite[] {
  return (['client', 'server'] as const).flatMap(from => {
    const target = from === 'client' ? 'broker' : 'client'
    const byFile = new Map<string, Breach[]>()
    for (const breach of breachesOf(from)) {
      const file = fileOf(breach)
      byFile.set(file, [...(byFile.get(file) ?? []), breach])
    }
    return [...byFile].map(([file, breaches]) => ({
      path: `suites/${target}/formats/${file}.yaml`,
      text: suiteText(target, file, breaches),
    }))
  })
}

type Target = 'broker' | 'client'

function fileOf({ packet, subject }: Breach): string {
  return subject === 'packet' ? 'packet-types' : packet.toLowerCase()
}

function suiteText(target: Target, file: string, breaches: Breach[]): string {
  const packet = file === 'packet-types' ? 'packets of no type' : file.toUpperCase()
  return `${[
    '# yaml-language-server: $schema=../../../schema/suite.json',
    '#',
    '# Made by `npm run generate` from the table of packet formats in src/standard/formats. Do not edit.',
    '#',
    ...story(target).map(line => `# ${line}`),
    `suite: formats/${target}/${file}`,
    `title: Wrong forms of ${packet}, sent to a ${target}`,
    `role: ${target === 'broker' ? 'client' : 'broker'}`,
    'tags: [formats]',
    ...(target === 'client' ? ['requires: qos1'] : []),
    'scenarios:',
    ...breaches.flatMap(breach => byLevel(target, breach)).flatMap(one => scenario(target, one)),
  ].join('\n')}\n`
}

function story(target: Target): string[] {
  return target === 'broker'
    ? [
        'Each packet breaks one rule of its format, and a PINGREQ goes out behind it. The broker has to end the connection; if PINGRESP',
        'comes, it has taken the packet.',
      ]
    : [
        'Each packet breaks one rule of its format, and a QoS 1 message goes out behind it. The client has to end the connection, which 5.0',
        'only asks for; if PUBACK comes, it has taken the packet.',
      ]
}

/** One scenario, or one for each version where they do not ask for the same as strongly. */
function byLevel(target: Target, breach: Breach): Breach[] {
  const levels = new Set(versionsOf(breach).map(version => levelOf(target, breach, version)))
  if (levels.size < 2) return [breach]
  return versionsOf(breach).map(version => ({
    ...breach,
    id: version === '5.0' ? `${breach.id}-in-5` : breach.id,
    bytes: { [version]: breach.bytes[version] },
  }))
}

function scenario(target: Target, breach: Breach): string[] {
  const { id, subject = breach.packet, with: what, choices, bugs = [], breaks } = breach
  const refused = breach.refusedBy && target === 'broker' ? ' or is refused' : ''
  const reaction = reactionOf(target, breach)
  const covered = mapOf(breach, version => [
    ...new Set([
      ...(breaks[version] ?? []).filter(id => concerns(version, target, id)),
      ...inStatements(version, reaction[version]),
      ...(target === 'broker' && isFirst(breach) ? ['MQTT-3.1.4-1'] : []),
    ]),
  ])
  return [
    `  - id: ${id}`,
    `    title: ${scalar(`${article(subject)} ${subject} ${what} ${endsFor(target, breach)} the connection${refused}`)}`,
    `    covers: ${flow(mapOf(breach, version => `[${covered[version]!.join(', ')}]`))}`,
    ...(bugs.length > 0 ? [`    bugs: [${bugs.join(', ')}]`] : []),
    ...(choices ? [`    matrix: { ${choices.name}: ${flowMap(choices.values, quoted)} }`] : []),
    '    steps:',
    `      - use: { fragment: ${fragmentOf(target, breach)}, with: { ${withOf(target, breach, reaction)} } }`,
  ]
}

/** A numbered statement that binds the other side alone is not what is tested here, though our packet breaks it. */
function concerns(version: FormatVersion, target: Target, id: string): boolean {
  const testable = statements.get(`${version}:${id}`)?.testable
  return testable === undefined || testable === 'both' || testable === target
}

/** A section that only tells what is right is no reaction. */
function inStatements(version: FormatVersion, id: string | undefined): string[] {
  return id && (statements.has(`${version}:${id}`) || id.startsWith('§')) ? [id] : []
}

/** Breaches within the text of a user name: 3.1.1 has a code for data there that is malformed. */
const malformedNames = new Set([
  'user-name-not-utf-8',
  'user-name-with-u-0000',
  'password-before-user-name',
])

function fragmentOf(target: Target, breach: Breach): string {
  if (target === 'client') {
    const name =
      breach.packet === 'CONNACK' ? 'wrong-connack-to-a-client' : 'wrong-packet-to-a-client'
    // A DISCONNECT of 3.1.1 has no code that could say why.
    return versionsOf(breach).includes('3.1.1') ? name : `${name}-in-5`
  }
  if (isFirst(breach))
    return malformedNames.has(breach.id)
      ? 'wrong-user-name-as-first-packet'
      : 'wrong-packet-as-first-packet'
  if (breach.packet === 'DISCONNECT') return 'wrong-disconnect'
  const [answer] = Object.values(breach.refusedBy ?? {})
  return answer ? `wrong-packet-refused-by-${answer.toLowerCase()}` : 'wrong-packet-on-a-connection'
}

function withOf(target: Target, breach: Breach, reaction: ByVersion<string>): string {
  const bytes = mapOf(
    breach,
    version =>
      `"${[written(breach.bytes[version]!), ...fence(target, breach, version)].join(' ')}"`,
  )
  const level = strength(target, breach)
  return [
    `bytes: ${flow(bytes)}`,
    `cite: ${flow(reaction)}`,
    `breaks: ${flow(mapOf(breach, version => listed(brokenBy(target, breach, version))))}`,
    ...(level === 'must' ? [] : [`level: ${level}`]),
  ].join(', ')
}

/** What goes out behind the packet. CONNECT needs nothing: CONNACK itself proves that it was taken. */
function fence(target: Target, breach: Breach, version: FormatVersion): string[] {
  if (target === 'broker') return isFirst(breach) || breach.packet === 'DISCONNECT' ? [] : ['c0 00']
  return [version === '5.0' ? '32 08 00 01 70 00 63 00 68 69' : '32 07 00 01 70 00 63 68 69']
}

function isFirst({ packet, id, from }: Breach): boolean {
  return packet === 'CONNECT' && id !== 'second' && from === 'client'
}

/** The statement by which the receiver has to act. Where the one that is broken says so itself, it is that. */
function reactionOf(target: Target, breach: Breach): ByVersion<string> {
  return mapOf(breach, version => {
    const own = breach.breaks[version]?.find(id => demandsClosing(version, target, id))
    if (own) return own
    if (target === 'client') return version === '5.0' ? '§4.13.1' : 'MQTT-4.8.0-1'
    if (isFirst(breach)) return 'MQTT-3.1.4-1'
    return version === '5.0' ? 'MQTT-4.13.1-1' : 'MQTT-4.8.0-1'
  })
}

/** Statements that bind the receiver to close, and that can be seen broken at this kind of target. */
function demandsClosing(version: FormatVersion, target: Target, id: string): boolean {
  const statement = statements.get(`${version}:${id}`)
  if (!statement) return false
  const { testable, says } = statement
  if (testable !== 'both' && testable !== target) return false
  return /clos|disconnect/.test(says) && !(version === '5.0' && target === 'client')
}

function levelOf(
  target: Target,
  breach: Breach,
  version: FormatVersion,
): 'must' | 'should' | 'may' {
  if (breach.level) return breach.level
  return target === 'client' && version === '5.0' ? 'should' : 'must'
}

/** The same in every version of a scenario. */
function strength(target: Target, breach: Breach): 'must' | 'should' | 'may' {
  const [version] = versionsOf(breach)
  return version ? levelOf(target, breach, version) : 'must'
}

function endsFor(target: Target, breach: Breach): string {
  return { must: 'ends', should: 'should end', may: 'may end' }[strength(target, breach)]
}

function versionsOf({ bytes }: Breach): FormatVersion[] {
  return formatVersions.filter(version => bytes[version])
}

function mapOf<T>(breach: Breach, make: (version: FormatVersion) => T): ByVersion<T> {
  return Object.fromEntries(
    versionsOf(breach).map(version => [version, make(version)]),
  ) as ByVersion<T>
}

function flow(map: ByVersion<string>): string {
  return `{ ${Object.entries(map)
    .map(([version, value]) => `${version}: ${value}`)
    .join(', ')} }`
}

/** What the audit finds first in the packet, with each of its choices; what only the history makes wrong, the table says. */
function brokenBy(target: Target, breach: Breach, version: FormatVersion): string[] {
  const octets = breach.bytes[version]
  if (!octets) return []
  const from = target === 'broker' ? 'client' : 'server'
  const found = Object.values(breach.choices?.values ?? { none: '' }).flatMap(value => {
    const frame = fromHex(octets.hex.replace(`$${breach.choices?.name}`, value))
    const [first] = audit(frame, { version, from })
    return first ? [first.statement.slice(version.length + 1)] : []
  })
  return [...new Set([...(breach.breaks[version] ?? []), ...found])]
}

function listed(ids: readonly string[]): string {
  return ids.length === 1 ? ids[0]! : `[${ids.join(', ')}]`
}

function quoted(value: string): string {
  return /^[\d.]+(e\d+)?$/i.test(value) ? `"${value}"` : value
}

function scalar(text: string): string {
  return /[:#]\s|\s#/.test(text) ? JSON.stringify(text) : text
}

function article(word: string): string {
  return /^(AUTH|UNSUB)/.test(word) ? 'An' : 'A'
}
