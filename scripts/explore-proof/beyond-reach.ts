/** What no flow asks for, so that no schedule can show it: scenarios catch these, and a search does not. */
const reasons: readonly [pattern: RegExp, why: string][] = [
  [/restart|kill/, 'shows after a restart only, which a broker in this process has no part in'],
  [/properties|payload-format|user-prop/, 'is about properties that flows do not set'],
  [/retain/, 'is about RETAIN in ways that flows do not use'],
  [
    /time-out|times-out|timer|resends-on-live|not-cancelled|expir|later|delay/,
    'shows after a time that no schedule waits',
  ],
  [
    /any-ack|stray-ack|second-pubrec|unknown-pubrec|not-enforced|quota|overrun|alias|maximum|malformed|invalid|returned-twice/,
    'shows where we break a rule ourselves, which peers here never do',
  ],
  [
    /refused-id|refused-publish|refused-qos2|stumbles-over|at-refusal/,
    'shows where the broker refuses, for which flows give no reason',
  ],
  [/code-0x10/, 'shows by a reason code that a client may not send'],
  [
    /known-by-dup-only|taken-for-held|in-8-bits|packet-size|oversize/,
    'shows by identifiers, flags and sizes that peers here never use',
  ],
  [/vanished-publisher|-of-ten|long-queue/, 'shows where more is under way than in any flow'],
  [/wrap|thousand|65535|id-in-use/, 'shows after more messages than a flow has'],
  [/shared|share|wildcard|overlap/, 'is about subscriptions that flows do not make'],
]

export function beyondReach(name: string): string | undefined {
  return reasons.find(([pattern]) => pattern.test(name))?.[1]
}
