/** Flaws that the suites did not catch at first, and what was added or mended because of them. */
export const history: readonly { flaw: string; before: string; added: string }[] = [
  {
    flaw: 'broker-will-without-flag',
    before: 'the one case said good-bye before it came back, which takes the will away',
    added: '`will/messages/no-will-any-more`: the first connection is cut',
  },
  {
    flaw: 'broker-will-delay-beyond-session',
    before: 'no session ended before the delay of its will',
    added: '`edges/found-by-proof/will-goes-with-the-session`',
  },
  {
    flaw: 'broker-sys-open-to-clients',
    before: 'only the answer to the publisher was looked at',
    added: '`topics/matching/sys-is-the-brokers`: nothing of it reaches another client',
  },
  {
    flaw: 'broker-leading-slash-dropped',
    before: 'no topic began with a slash',
    added: '`topics/matching/leading-slash`',
  },
  {
    flaw: 'broker-empty-retained-stored',
    before: 'the case asked whether the old message was gone, not whether the empty one stayed',
    added: 'a verifier in `retained/messages/deleted-by-an-empty-one`',
  },
  {
    flaw: 'broker-digits-in-ids-refused',
    before: 'all client identifiers of the suites begin with a letter',
    added: '`protocol/connect/client-id-of-digits`',
  },
  {
    flaw: 'broker-keep-alive-too-strict',
    before: 'pings came after 40 % of the Keep Alive',
    added: '`protocol/connect/keep-alive-kept` waits for 80 % of it',
  },
  {
    flaw: 'broker-server-keep-alive-not-told',
    before: 'as above',
    added: 'as above: the connection ends before the Keep Alive that the client was left with',
  },
  {
    flaw: 'broker-highest-alias-refused',
    before: 'aliases 1 to 5 and 65,535 were used, never the highest that is allowed',
    added: '`properties/limits-and-passage/alias-at-the-maximum`',
  },
  {
    flaw: 'broker-retain-where-not-available',
    before: 'brokers without retained messages were left out of everything about them',
    added: '`properties/limits-and-passage/retain-where-not-available`',
  },
  {
    flaw: 'broker-will-retain-without-retain',
    before: 'as above',
    added: '`properties/limits-and-passage/will-retain-where-not-available`',
  },
  {
    flaw: 'broker-packet-above-maximum-size',
    before: 'only what the broker sends was measured',
    added: '`properties/limits-and-passage/packet-above-maximum-size`, and ranges in `requires`',
  },
  {
    flaw: 'broker-publish-above-maximum-qos',
    before:
      'caught by 140 cases that should not have run: none asked whether the broker takes QoS 2',
    added:
      'a case that publishes at QoS 2 is skipped where CONNACK says less; `publish-above-maximum-qos`',
  },
  {
    flaw: 'broker-accepts-property-misplaced',
    before: 'unknown properties were sent, none that belong to another packet',
    added: '`protocol/malformed/property-of-another-packet`',
  },
  {
    flaw: 'broker-accepts-reason-code',
    before: 'no code was sent that its packet does not know',
    added: '`protocol/malformed/unknown-reason-code`, a SHOULD',
  },
  {
    flaw: 'broker-accepts-auth-data-alone',
    before: 'Authentication Data never came without a method',
    added: '`protocol/connect/authentication-data-alone`',
  },
  {
    flaw: 'broker-auth-sent-unasked',
    before: 'caught only where AUTH came instead of something else',
    added: 'a rule of the referee: AUTH of either side where CONNECT named no method',
  },
  {
    flaw: 'broker-disconnect-before-connack',
    before:
      'DISCONNECT 0x8C was unreadable: one table of the standard lists it, the other does not',
    added: 'it is decoded, and judged as what it is',
  },
  {
    flaw: 'broker-ids-compared-in-8-bits',
    before: 'no session had 256 deliveries acknowledged and was then resumed',
    added: '`qos2/packet-ids/acknowledged-beyond-255`',
  },
  {
    flaw: 'client-refusal-reported-as-success',
    before: 'the flaw itself was none: the code was still told',
    added: 'the flaw was mended; `qos2/client-sends/refused` caught it at once',
  },
]

/** Scenarios that cannot kill: what is missed by them is a remark, as the standard leaves it open. */
const remarks = [/^formats\/broker\/.*-padded$/, /^client\/manners\/(?!.*-retried$)/]

/** Why a scenario kills nothing, where that is right. */
export function barrenReason(scenario: string): string | undefined {
  return remarks.some(form => form.test(scenario))
    ? 'it asks for what the standard leaves open: a miss is a remark'
    : undefined
}
