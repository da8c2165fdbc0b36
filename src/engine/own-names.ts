import type { Profile } from '../targets/profile.ts'

/*
 * What is ours on somebody else's broker: client ids and topics that no other run uses, all below the prefixes that the broker's access
 * rules allow us.
 */

/** The base of all topics of one case. `nonce`: letters and digits that no other case has. */
export function ownTopic({ topicPrefix = '' }: Profile, nonce: string): string {
  return `${topicPrefix}ms/${nonce}`
}

/** 3.1 and 3.1.1 promise only 23 letters and digits [MQTT-3.1.3-5]; who asks for a prefix knows that more is taken. */
export function ownClientId({ clientIdPrefix = '' }: Profile, name: string): string {
  return `${clientIdPrefix}${name.replace(/[^0-9A-Za-z]/g, '').slice(0, 23)}`
}
