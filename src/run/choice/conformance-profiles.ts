import type { CaseResult, ProfileOutcome, ProfilePart } from '../../model/report.ts'
import { UsageError } from '../usage-error.ts'

/*
 * Named sets of suites, for `--profile`: each part passes or fails, and the set with all of its parts.
 */

type Part = {
  name: string
  title: string
  /** Suites and scenarios, as `mqttspec run` takes them. */
  words: readonly string[]
  /** What is only advice elsewhere counts here. */
  advised?: boolean
  /** It asks for what a statement forbids, or what no version has: in words, with the statement. */
  contradicts?: string
}

type Profile = {
  about: string
  parts: { readonly [role in 'broker' | 'client']: readonly Part[] }
}

const part = (name: string, title: string, ...words: string[]): Part => ({ name, title, words })
const manner = (name: string, title: string, scenario: string): Part => ({
  ...part(name, title, `client/manners/${scenario}`),
  advised: true,
})

const coreOfBrokers = [
  part('connect', 'Connecting, refusing, Keep Alive', 'protocol/connect', 'protocol/refusals'),
  part('malformed', 'Malformed packets and protocol errors', 'protocol/malformed'),
  part('qos0-qos1', 'QoS 0 and QoS 1', 'qos1/both-roles'),
  part(
    'subscriptions',
    'Topics, filters and subscriptions',
    'topics/matching',
    'session/unsubscribe',
  ),
  part('sessions', 'Sessions, kept and fresh', 'session/kept-and-fresh', 'session/takeover'),
  part('retained', 'Retained messages', 'retained/messages'),
  part('will', 'Will messages', 'will/messages'),
]
const coreOfClients = [
  part('basics', 'Connecting, publishing, subscribing', 'client/basics', 'client/what-it-writes'),
  part('connack', 'CONNACK, good and bad', 'client/connack'),
  part('subscribe', 'Subscriptions', 'client/subscribe'),
  part('unacknowledged', 'What is not acknowledged', 'client/unacknowledged'),
  part('malformed', 'Malformed packets', 'client/malformed'),
  part('farewell', 'Wills, DISCONNECT of either side', 'client/will', 'client/server-disconnect'),
  part('sessions', 'Session Present', 'client/session-present'),
  part('keep-alive', 'Keep Alive', 'client/keep-alive'),
]

export const profiles: { readonly [name: string]: Profile } = {
  core: {
    about:
      'what every program with MQTT is used for: QoS 0 and 1, sessions, subscriptions, wills, errors',
    parts: { broker: coreOfBrokers, client: coreOfClients },
  },
  qos2: {
    about: 'exactly once, in both directions, through losses, cuts and restarts',
    parts: {
      broker: [
        part('receiving', 'As receiver', 'qos2/broker-receives'),
        part('sending', 'As sender', 'qos2/broker-sends'),
        part('resuming', 'A resumption that breaks again', 'qos2/interrupted-resume'),
        part('identifiers', 'Packet identifiers', 'qos2/packet-ids'),
        part('window', 'Receive Maximum', 'qos2/receive-maximum'),
        part('order', 'Order of messages', 'qos2/ordering'),
        part('levels', 'QoS of publisher and subscriber', 'qos2/levels'),
        part('strays', 'Acknowledgements out of place', 'qos2/stray-acks'),
        part('restart', 'Restarts in mid-exchange', 'restart/exchanges'),
      ],
      client: [
        part('receiving', 'As receiver', 'qos2/client-receives'),
        part('sending', 'As sender', 'qos2/client-sends'),
        part('both', 'Publisher and subscriber', 'client/publisher-subscriber'),
        part('identifiers', 'Packet identifiers', 'client/packet-ids'),
        part('window', 'Receive Maximum', 'client/receive-maximum'),
        part('order', 'Order of resends', 'client/ordering'),
        part('strays', 'Acknowledgements out of place', 'qos2/client-stray-acks'),
        part('proxy', 'Through a proxy and a real broker', 'proxy'),
      ],
    },
  },
  full: {
    about: 'all there is',
    parts: { broker: [], client: [] },
  },
  'device-advisor': {
    about:
      'what a cloud asks of a device before it lets it in: thirteen things, some beyond the standard',
    parts: {
      broker: [],
      client: [
        part('connect', 'Connects', 'client/basics/connects'),
        manner('connect-back-off', 'Backs off without CONNACK', 'connect-back-off'),
        manner('connect-jitter', 'Varies its pauses without CONNACK', 'connect-jitter'),
        manner('reconnect-back-off', 'Backs off after a disconnection', 'reconnect-back-off'),
        manner('reconnect-jitter', 'Varies its pauses after a disconnection', 'reconnect-jitter'),
        part('publish', 'Publishes at QoS 0', 'client/basics/publishes'),
        {
          ...manner('publish-retry', 'Publishes again without PUBACK', 'publish-retried'),
          contradicts:
            '5.0:MQTT-4.4.0-1 forbids it on a connection that lives; asked in 3.1.1 alone, which allows it',
        },
        part('publish-retained', 'Publishes retained messages', 'client/basics/publishes-retained'),
        part('subscribe', 'Subscribes', 'client/basics/subscribes'),
        {
          ...manner('subscribe-retry', 'Subscribes again without SUBACK', 'subscribe-retried'),
          contradicts: 'no statement asks for it, and none forbids it',
        },
        part('puback', 'Acknowledges QoS 1', 'client/basics/subscribes'),
        manner('dead-peer', 'Gives up a connection without PINGRESP', 'dead-peer'),
        part('session', 'Comes back to its session', 'client/basics/keeps-its-session'),
      ],
    },
  },
}

/** The suites and scenarios of a profile, for a target of this role; none: all that fit it. Throws UsageError where it is for the other. */
export function wordsOf(name: string, role: 'broker' | 'client'): string[] {
  const { broker, client } = profiles[name]?.parts ?? { broker: [], client: [] }
  if (broker.length + client.length > 0 && { broker, client }[role].length === 0) {
    throw new UsageError(`the profile ${name} has nothing for a ${role}`)
  }
  return [...new Set((profiles[name]?.parts[role] ?? []).flatMap(({ words }) => words))]
}

/** What became of each part, and of the whole. */
export function profileOutcome(
  name: string,
  role: 'broker' | 'client',
  results: readonly CaseResult[],
): ProfileOutcome {
  const written = profiles[name]?.parts[role] ?? []
  const parts =
    written.length > 0 ? written : [...new Set(results.map(({ suite }) => suite))].map(suitePart)
  const outcomes = parts.map(each => partOutcome(each, results))
  const some = (outcome: ProfilePart['outcome']) => outcomes.some(each => each.outcome === outcome)
  const outcome = some('fail')
    ? 'fail'
    : some('inconclusive')
      ? 'inconclusive'
      : some('pass')
        ? 'pass'
        : 'not run'
  return { name, outcome, parts: outcomes }
}

function suitePart(suite: string): Part {
  return part(suite, suite, suite)
}

function partOutcome(
  { name, title, words, advised = false, contradicts }: Part,
  results: readonly CaseResult[],
): ProfilePart {
  const own = results.filter(({ id }) => words.some(word => isWithin(id, word)))
  const ran = own.filter(({ verdict }) => verdict !== 'skipped')
  const failed = ran.filter(result => hasFailed(result, advised))
  const open = ran.filter(({ verdict }) => verdict === 'inconclusive' || verdict === 'unstable')
  return {
    name,
    title,
    outcome:
      failed.length > 0
        ? 'fail'
        : open.length > 0
          ? 'inconclusive'
          : ran.length > 0
            ? 'pass'
            : 'not run',
    cases: ran.length,
    failed: failed.map(({ id }) => id),
    ...(contradicts === undefined ? {} : { contradicts }),
  }
}

function hasFailed({ verdict, findings, known }: CaseResult, advised: boolean): boolean {
  if (known?.outcome === 'expected') return false
  if (verdict === 'fail' || verdict === 'error') return true
  return advised && findings.length > 0
}

function isWithin(id: string, word: string): boolean {
  return id.startsWith(word) && (id.length === word.length || '/:'.includes(id[word.length] ?? ''))
}
