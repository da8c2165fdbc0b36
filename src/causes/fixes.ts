/** What mends a cause, in a sentence, where what went wrong leaves little doubt. */
export function fixOf(says: string): string | undefined {
  return fixes.find(({ told }) => told.test(says))?.fix
}

/** By what findings say; src/causes/fixes.test.ts holds each against what was found on a real target or a test of the judges. */
export const fixes: { told: RegExp; fix: string }[] = [
  {
    told: /was sent again without DUP$/,
    fix: 'set DUP on every PUBLISH that is sent again, also after a reconnect',
  },
  {
    told: /^The first PUBLISH of .* has DUP 1$/,
    fix: 'clear DUP when a message is passed on: the flag is about one hop',
  },
  {
    told: /PUBLISH packets are in flight; Receive Maximum is/,
    fix: 'count each PUBLISH until its PUBACK, PUBCOMP or refusing PUBREC, also after a reconnect, and hold back the rest',
  },
  {
    told: /has # bytes; the (client|broker)'s Maximum Packet Size is #$/,
    fix: 'measure the whole packet, fixed header included, and do not send what is too large',
  },
  {
    told: /^PUBREL id # came before PUBREL id #$/,
    fix: 'send PUBREL in the order in which PUBREC came, also when a session is resumed',
  },
  {
    told: /was sent again after (PUBREL|PUBREC was read)$/,
    fix: 'store that PUBREC came: from then on PUBREL is sent again, never PUBLISH',
  },
  {
    told: /Session Present 0 though the session was to be kept$/,
    fix: 'say in CONNACK whether there is a session, before it is taken over or resumed',
  },
  {
    told: /Session Present 1 to a CONNECT that asks for a new session$/,
    fix: 'throw the old session away before CONNACK is made',
  },
  {
    told: /was delivered at QoS \d; QoS \d was due, the highest of the overlapping filters$/,
    fix: 'of all filters that match take the highest granted QoS',
  },
  {
    told: /(kept the connection open|went on) after /,
    fix: 'close the connection (in 5.0 behind a DISCONNECT that says why) as soon as a packet cannot be right',
  },
]
