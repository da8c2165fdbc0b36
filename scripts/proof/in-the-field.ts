/**
 * What brokers and clients in the field were seen to do that is legal, or that was judged by the wrong rule, and what holds mqttspec to it
 * since: settings of the reference peers, in which nothing may be found, and tests.
 */
export type Row = {
  does: string
  settings?: readonly string[]
  /** A test file and the words with which a test in it begins, or one of its rows. */
  tests?: readonly (readonly [file: string, words: string])[]
}

export const brokersDo: readonly Row[] = [
  {
    does: 'answers a CONNECT of an unknown level by 0x84, in the form of 3.1.1 or of 5.0',
    settings: ['broker, unknownLevel 0x84', 'broker, unknownLevel 0x84 of 5.0'],
  },
  {
    does: 'has Topic Alias Maximum 65535, or none',
    settings: ['broker, topicAliasMaximum 65535', 'broker, topicAliasMaximum 0'],
  },
  {
    does: 'has Receive Maximum 1, or 65535',
    settings: ['broker, receiveMaximum 1', 'broker, receiveMaximum 65535'],
  },
  { does: 'caps Session Expiry to 0 and says so', settings: ['broker, maximumSessionExpiry 0'] },
  { does: 'takes packets of 200 bytes', settings: ['broker, maximumPacketSize 200'] },
  { does: 'has a Server Keep Alive of one second', settings: ['broker, serverKeepAlive 1'] },
  {
    does: 'has Maximum QoS 0 or 1, of which 3.1.1 cannot tell',
    settings: ['broker, maximumQoS 0', 'broker, maximumQoS 1'],
    tests: [['src/run/choice/prerequisites.test.ts', 'a limit that 3.1.1 cannot announce']],
  },
  {
    does: 'has no retained messages, wildcards, shared subscriptions or subscription identifiers',
    settings: [
      'broker, retainAvailable false',
      'broker, wildcards false',
      'broker, sharedSubscriptions false',
      'broker, subscriptionIdentifiers false',
    ],
  },
  {
    does: 'lets only some topics pass, or only reading',
    settings: ['broker, allowTopics ms/#', 'broker, denyPublish #'],
    tests: [
      [
        'src/run/choice/prerequisites.test.ts',
        'a broker that delivers nothing at any QoS may deny',
      ],
    ],
  },
  {
    does: 'drops a QoS 0 message above a size of which 3.1.1 cannot tell',
    settings: ['broker, qos0BytesMax 100'],
  },
  {
    does: 'stores one message after the other, slowly, and answers all else at once',
    settings: ['broker, storeMs 5'],
    tests: [['src/run/run.slow-store.test.ts', 'a slow store']],
  },
  { does: 'refuses a CONNECT because it has too much to do', settings: ['broker, busyEvery 40'] },
  {
    does: 'takes a new CONNECT before it has read DISCONNECT on the old connection',
    settings: ['broker, threadLateMs 30'],
  },
  {
    does: 'closes on more than 16 or 20 open QoS 2 messages in 3.1.1',
    settings: ['broker, openQos2Max 16', 'broker, openQos2Max 20'],
  },
  {
    does: 'answers an UNSUBSCRIBE that removed nothing by 0x00',
    settings: ['broker, unsubackForNothing 0'],
  },
  {
    does: 'expires sessions late, and ends the old connection before it accepts the new one',
    settings: ['broker, expiryLateS 1', 'broker, takeoverEarlyMs 30'],
    tests: [
      ['src/run/run.slow-store.test.ts', 'late expiry and an early takeover change no verdict'],
    ],
  },
  {
    does: "hands one case's malformed packet to all others",
    tests: [
      [
        'src/engine/excused/other-cases.test.ts',
        'a message is traced to the case whose topic it came on',
      ],
      ['src/run/run.unstable.test.ts', 'what fails in company and not alone is unstable'],
    ],
  },
  {
    does: 'does no QoS 2 at all',
    tests: [
      ['src/run/choice/prerequisites.test.ts', 'what fails is told once, and cases that need it'],
    ],
  },
  { does: 'has one message in flight at a time', settings: ['broker, maxInflight 1'] },
]

export const clientsDo: readonly Row[] = [
  {
    does: 'refuses a CONNACK with Response Information that it did not ask for',
    settings: ['client, refusesResponseInformation true'],
  },
  {
    does: 'tells of a failure at the cut, sends again, and tells of success',
    settings: ['client, errorThenSuccess true'],
  },
  {
    does: 'tells nothing of what it has published',
    settings: ['client, tells false'],
    tests: [['src/oracle/verifiers.test.ts', 'whose exchange ends with our acknowledgement']],
  },
  {
    does: 'tells that a message is refused, and does not send it',
    tests: [['src/oracle/verifiers.test.ts', 'and nothing more is demanded once its library']],
  },
  { does: "lowers QoS to the server's Maximum QoS", settings: ['client, lowersQos true'] },
  {
    does: 'comes back with Clean Start 0 where Session Expiry was 0',
    settings: ['client, cleanStart0 true'],
  },
  { does: 'makes up a client identifier', settings: ['client, ownIds true'] },
  {
    does: 'does not come back by itself, and fails at the attempt that it is asked for',
    settings: ['client, reconnects asked'],
    tests: [['src/run/run.given-up.test.ts', 'a client that gave up']],
  },
  { does: 'has one message in flight at a time', settings: ['client, maxInflight 1'] },
  { does: 'closes wherever its server breaks a rule', settings: ['client, strict true'] },
  {
    does: 'closes where a message or a subscription of its is refused',
    settings: ['client, leavesWhenRefused true'],
    tests: [
      ['src/engine/excused/left-when-refused.test.ts', 'a client may leave where it is refused'],
    ],
  },
  {
    does: 'keeps its state for the whole process',
    tests: [
      [
        'src/targets/client/client-library.test.ts',
        'with isolate: client, a client that kills its process',
      ],
    ],
  },
  { does: 'is slow to tell that it is connected', settings: ['client, connectedLateMs 60'] },
]

/** Right verdicts that cited a rule that was not broken, and cases that passed although something was. */
export const judgedWrongly: readonly Row[] = [
  {
    does: 'DUP on a queued message is no breach of the order of CONNACK or of the granted level',
    tests: [
      ['src/engine/packets/cite-expectation.test.ts', 'a queued message with DUP is no breach'],
      ['src/engine/packets/cite-expectation.test.ts', 'nor of the granted level'],
    ],
  },
  {
    does: 'one too many is cited by its QoS, its expiry, or its order',
    tests: [
      ['src/oracle/verifiers.test.ts', 'what came once too often breaks the rule of its QoS'],
    ],
  },
  {
    does: 'RETAIN, closing and answers are cited by their own rules',
    tests: [
      [
        'src/engine/packets/cite-expectation.test.ts',
        'RETAIN of a message for an old subscription',
      ],
      ['src/engine/packets/cite-expectation.test.ts', 'a farewell that does not close'],
      [
        'src/engine/packets/cite-expectation.test.ts',
        'an answer that did not come is not the first',
      ],
    ],
  },
  {
    does: 'an accepted CONNECT that cannot be read is the breach, not the PINGRESP behind it',
    tests: [
      ['src/oracle/referee/referee.test.ts', 'What is taken for a CONNECT that cannot be read'],
    ],
  },
  {
    does: 'a bridge that breaks one connection and makes up for it on the next',
    tests: [['src/listen/server.test.ts', 'each connection is judged by itself']],
  },
  {
    does: 'a device of which little was seen',
    tests: [['src/listen/share.test.ts', 'half of the pieces of each direction']],
  },
  {
    does: 'an adapter that dies in the middle of a case',
    tests: [['src/targets/client/client-library.test.ts', 'after a case that killed the adapter']],
  },
  {
    does: 'parts of a run that were made by one pipeline are merged',
    tests: [['src/cli/shared-seed.test.ts', 'the jobs of one pipeline have one seed']],
  },
  {
    does: 'RETAIN asked of a client, and the README’s own scenario',
    tests: [
      [
        'src/engine/applicable/adapter-needs.test.ts',
        'a step asks the adapter for what it carries',
      ],
      ['src/end-to-end/readme.test.ts', 'the scenario of the README has no mistake'],
    ],
  },
]
