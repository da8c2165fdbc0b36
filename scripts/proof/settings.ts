import { type BrokerOptions, brokerChoices } from '../../fixtures/testing/peers/broker.ts'
import { type ClientOptions, clientChoices } from '../../fixtures/testing/peers/client.ts'

/** A legal way to set up a reference peer. Nothing may be found wrong with it; with `warns`, nothing but warnings. */
export type Setting = { name: string; peer: 'broker' | 'client'; warns: boolean } & (
  | { peer: 'broker'; options: BrokerOptions }
  | { peer: 'client'; options: ClientOptions }
)

/** What a broker may offer less or more of, besides its choices. */
const offers: BrokerOptions[] = [
  { receiveMaximum: 1 },
  { receiveMaximum: 65_535 },
  { topicAliasMaximum: 0 },
  { topicAliasMaximum: 65_535 },
  { maximumPacketSize: 200 },
  { maximumPacketSize: 131_072 },
  { maximumQoS: 0 },
  { maximumQoS: 1 },
  { retainAvailable: false },
  { wildcards: false },
  { sharedSubscriptions: false },
  { subscriptionIdentifiers: false },
  { serverKeepAlive: 1 },
  { serverKeepAlive: 30 },
  { maximumSessionExpiry: 0 },
  { maximumSessionExpiry: 3600 },
  { responseInformation: 'answers' },
  { denyPublish: '#' },
  { storeMs: 5 },
  { expiryLateS: 1 },
  { takeoverEarlyMs: 30 },
  { allowTopics: 'ms/#' },
  { busyEvery: 40 },
]

/** The defaults first, then all choices at once, then each by itself. */
export const settings: readonly Setting[] = [
  { name: 'broker', peer: 'broker', warns: false, options: {} },
  { name: 'client', peer: 'client', warns: false, options: {} },
  // They take longest: nothing is left that runs alone in the end.
  { ...brokerSetting(together(brokerChoices)), name: 'broker, all at once' },
  { ...clientSetting(together(clientChoices)), name: 'client, all at once' },
  ...brokerChoices.map(choice => brokerSetting({ [choice.name]: choice.value }, choice.warns)),
  ...clientChoices.map(choice => clientSetting({ [choice.name]: choice.value }, choice.warns)),
  ...offers.map(options => brokerSetting(options)),
]

/** All settings, or those whose name contains one of the words. */
export function settingsNamed(words: readonly string[] | undefined): readonly Setting[] {
  return settings.filter(({ name }) => !words || words.some(word => name.includes(word)))
}

/**
 * A flaw that is killed with the defaults has to be killed in one of these, too: a check that sees it in one setting alone sees the setting.
 * They change when and in what form peers answer, and take nothing away.
 */
const otherSettings: Record<'broker' | 'client', readonly string[]> = {
  broker: [
    'broker, deliverLater true',
    'broker, ackForm full',
    'broker, idLeap 65530',
    'broker, deliverAt pubrel',
  ],
  client: [
    'client, answerLater true',
    'client, ackForm code',
    'client, idLeap 65530',
    'client, deliverAt pubrel',
  ],
}

/** Whether what waits for a time of its own, such as half-open links, is played in it: in every one, that would be hours of waiting. */
export function playsSlowCases({ name, peer, options }: Setting): boolean {
  return Object.keys(options).length === 0 || otherSettings[peer].includes(name)
}

/** The other settings for a flaw, begun at a place that its name chooses, so that flaws are spread over all of them. */
export function otherSettingsFor(peer: 'broker' | 'client', flaw: string): Setting[] {
  const names = otherSettings[peer]
  const first = flaw.length % names.length
  return [...names.slice(first), ...names.slice(0, first)].map(
    name => settings.find(setting => setting.name === name)!,
  )
}

function brokerSetting(options: BrokerOptions, warns = false): Setting {
  return { name: `broker, ${said(options)}`, peer: 'broker', warns, options }
}

function clientSetting(options: ClientOptions, warns = false): Setting {
  return { name: `client, ${said(options)}`, peer: 'client', warns, options }
}

function said(options: object): string {
  return Object.entries(options)
    .map(([name, value]) => `${name} ${value}`)
    .join(', ')
}

/**
 * Every choice away from its default at the same time; of several values the last. A client that resumes before CONNACK and then
 * publishes anew what it has just resent would be wrong: those two do not go together.
 */
function together(
  choices: readonly { name: string; value: string | number | boolean; warns?: true }[],
): { [name: string]: string | number | boolean } {
  return Object.fromEntries(
    choices
      .filter(({ name, warns }) => !warns && name !== 'resumesBeforeConnack')
      .map(({ name, value }) => [name, value]),
  )
}
