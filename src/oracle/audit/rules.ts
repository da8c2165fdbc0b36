import type { Level } from '../../model/finding.ts'
import type { Version } from '../../model/version.ts'

/**
 * One thing the audit can find wrong. It holds for the versions that `cite` names, each by the id of its statement, or by a
 * section where the standard numbers none. `thisPacket` and `thisProperty` stand for the section on the packet or property.
 */
export type Rule = {
  says: string
  expected: string
  level: Level
  cite: { [V in Version]?: string }
  /** The standard can be read both ways. */
  dispute?: true
}

export const thisPacket = '§packet'
export const thisProperty = '§property'

const everywhere = { '3.1': thisPacket, '3.1.1': thisPacket, '5.0': thisPacket }
const v5 = (statement: string) => ({ '5.0': statement })

/** Everything the audit checks. Sections of 3.1 are those of the protocol specification V3.1; `A` is its appendix. */
export const rules = {
  // The fixed header.
  headerCutOff: {
    says: 'the fixed header is cut off',
    expected: 'a type byte and a remaining length',
    level: 'MUST',
    cite: { '3.1': '§2.1', '3.1.1': '§2.2', '5.0': '§2.1.1' },
  },
  typeReserved: {
    says: 'the packet type is reserved',
    expected: 'a packet type that this version defines',
    level: 'MUST',
    cite: { '3.1': '§2.1', '3.1.1': '§2.2.1', '5.0': '§2.1.2' },
  },
  wrongSide: {
    says: 'a packet that only the other side may send',
    expected: 'a packet type that goes in this direction',
    level: 'MUST',
    cite: { '3.1': '§2.1', '3.1.1': '§2.2.1', '5.0': '§2.1.2' },
  },
  reservedFlags: {
    says: 'reserved flag bits of the fixed header are wrong',
    expected: 'flags 0010 for PUBREL, SUBSCRIBE, UNSUBSCRIBE; 0000 for others',
    level: 'MUST',
    cite: { '3.1.1': 'MQTT-2.2.2-1', '5.0': 'MQTT-2.1.3-1' },
  },
  qosOfControl: {
    says: 'PUBREL, SUBSCRIBE or UNSUBSCRIBE has another QoS than 1 in its fixed header',
    expected: 'QoS bits 01',
    level: 'SHOULD',
    cite: { '3.1': '§2.1' },
  },
  lengthFifthByte: {
    says: 'the remaining length goes on after four bytes',
    expected: 'at most four bytes of remaining length',
    level: 'MUST',
    cite: { '3.1': '§2.1', '3.1.1': '§2.2.3', '5.0': '§2.1.4' },
  },
  varintPadded: {
    says: 'a Variable Byte Integer takes more bytes than it needs',
    expected: 'the fewest bytes possible',
    level: 'MUST',
    cite: v5('MQTT-1.5.5-1'),
  },
  varintFifthByte: {
    says: 'a Variable Byte Integer goes on after four bytes',
    expected: 'at most four bytes',
    level: 'MUST',
    cite: v5('§1.5.5'),
  },
  lengthMismatch: {
    says: 'the remaining length is not that of the packet',
    expected: 'as many bytes as the remaining length says',
    level: 'MUST',
    cite: { '3.1': '§2.1', '3.1.1': '§2.2.3', '5.0': '§2.1.4' },
  },

  // Fields in general.
  cutOff: {
    says: 'a field runs past the end of what holds it',
    expected: 'the whole field',
    level: 'MUST',
    cite: everywhere,
  },
  surplus: {
    says: 'bytes are left over behind the last field',
    expected: 'the end of the packet',
    level: 'MUST',
    cite: everywhere,
  },
  illFormed: {
    says: 'a string is not well-formed UTF-8',
    expected: 'well-formed UTF-8 without surrogates',
    level: 'MUST',
    cite: { '3.1.1': 'MQTT-1.5.3-1', '5.0': 'MQTT-1.5.4-1' },
  },
  illFormedOld: {
    says: 'a string is not UTF-8',
    expected: 'UTF-8',
    level: 'SHOULD',
    cite: { '3.1': '§2.5' },
  },
  nul: {
    says: 'a string holds U+0000',
    expected: 'no U+0000',
    level: 'MUST',
    cite: { '3.1.1': 'MQTT-1.5.3-2', '5.0': 'MQTT-1.5.4-2' },
  },
  nulInTopic: {
    says: 'a topic holds U+0000',
    expected: 'no U+0000',
    level: 'MUST',
    cite: { '3.1': '§A' },
  },
  badPair: {
    says: 'half of a string pair is not well-formed UTF-8 or holds U+0000',
    expected: 'two well-formed strings',
    level: 'MUST',
    cite: v5('MQTT-1.5.7-1'),
  },
  topicEmpty: {
    says: 'a topic is empty',
    expected: 'at least one character',
    level: 'MUST',
    cite: { '3.1': '§A', '3.1.1': 'MQTT-4.7.3-1', '5.0': 'MQTT-4.7.3-1' },
  },
  idZero: {
    says: 'the Packet Identifier of a new packet is 0',
    expected: 'a Packet Identifier of 1–65535',
    level: 'MUST',
    cite: { '3.1': '§2.4', '3.1.1': 'MQTT-2.3.1-1' },
  },
  idZeroFromClient: {
    says: 'the Packet Identifier of a new packet from the client is 0',
    expected: 'a Packet Identifier of 1–65535',
    level: 'MUST',
    cite: v5('MQTT-2.2.1-3'),
  },
  idZeroFromServer: {
    says: 'the Packet Identifier of a new packet from the server is 0',
    expected: 'a Packet Identifier of 1–65535',
    level: 'MUST',
    cite: v5('MQTT-2.2.1-4'),
  },
  ackOfZero: {
    says: 'an acknowledgement has Packet Identifier 0, which no PUBLISH has',
    expected: 'the Packet Identifier of the PUBLISH',
    level: 'MUST',
    cite: { '3.1': '§2.4', '3.1.1': 'MQTT-2.3.1-6', '5.0': 'MQTT-2.2.1-5' },
  },
  pubcompOfZero: {
    says: 'PUBCOMP has Packet Identifier 0, which no PUBREL has',
    expected: 'the Packet Identifier of the PUBREL',
    level: 'MUST',
    cite: { '3.1.1': 'MQTT-4.3.3-2' },
  },
  subackOfZero: {
    says: 'the answer to SUBSCRIBE or UNSUBSCRIBE has Packet Identifier 0, which no request has',
    expected: 'the Packet Identifier of the request',
    level: 'MUST',
    cite: { '3.1': '§2.4', '3.1.1': 'MQTT-2.3.1-7', '5.0': 'MQTT-2.2.1-6' },
  },

  // CONNECT.
  protocolName: {
    says: 'the protocol name is not that of the version',
    expected: 'MQIsdp at level 3, MQTT at levels 4 and 5',
    level: 'MUST',
    cite: { '3.1': '§3.1', '3.1.1': '§3.1.2.1', '5.0': 'MQTT-3.1.2-1' },
  },
  protocolLevel: {
    says: 'the protocol level is of no version',
    expected: '3, 4 or 5',
    level: 'MUST',
    cite: { '3.1': '§3.1', '3.1.1': '§3.1.2.2', '5.0': '§3.1.2.2' },
  },
  connectReserved: {
    says: 'the reserved Connect Flag is 1',
    expected: 'bit 0 of the Connect Flags 0',
    level: 'MUST',
    cite: { '3.1.1': 'MQTT-3.1.2-3', '5.0': 'MQTT-3.1.2-3' },
  },
  willQosWithoutWill: {
    says: 'Will QoS is set without a will',
    expected: 'Will QoS 0 where the Will Flag is 0',
    level: 'MUST',
    cite: { '3.1.1': 'MQTT-3.1.2-13', '5.0': 'MQTT-3.1.2-11' },
  },
  willRetainWithoutWill: {
    says: 'Will Retain is set without a will',
    expected: 'Will Retain 0 where the Will Flag is 0',
    level: 'MUST',
    cite: { '3.1.1': 'MQTT-3.1.2-15', '5.0': 'MQTT-3.1.2-13' },
  },
  willQos3: {
    says: 'Will QoS is 3',
    expected: 'Will QoS 0, 1 or 2',
    level: 'MUST',
    cite: { '3.1': '§3.1', '3.1.1': 'MQTT-3.1.2-14', '5.0': 'MQTT-3.1.2-12' },
  },
  passwordAlone: {
    says: 'the Password Flag is set without the User Name Flag',
    expected: 'a password only with a user name',
    level: 'MUST',
    cite: { '3.1': '§3.1', '3.1.1': 'MQTT-3.1.2-22' },
  },
  clientIdMissing: {
    says: 'the client identifier is missing or cut off',
    expected: 'a client identifier',
    level: 'MUST',
    cite: { '3.1': '§3.1', '3.1.1': 'MQTT-3.1.3-3', '5.0': 'MQTT-3.1.3-3' },
  },
  clientIdEmptyOld: {
    says: 'the client identifier is empty',
    expected: 'at least one character',
    level: 'MUST',
    cite: { '3.1': '§3.1' },
  },
  clientIdEmptyKept: {
    says: 'the client identifier is empty and Clean Session 0',
    expected: 'Clean Session 1 with an empty client identifier',
    level: 'MUST',
    cite: { '3.1.1': 'MQTT-3.1.3-7' },
  },
  willMissing: {
    says: 'the Will Flag is set and the will is missing or cut off',
    expected: 'the will, whole',
    level: 'MUST',
    cite: { '3.1': '§3.1', '3.1.1': 'MQTT-3.1.2-9', '5.0': 'MQTT-3.1.2-9' },
  },
  usernameMissing: {
    says: 'the User Name Flag is set and the user name is missing or cut off',
    expected: 'a user name',
    level: 'MUST',
    cite: { '3.1.1': 'MQTT-3.1.2-19', '5.0': 'MQTT-3.1.2-17' },
  },
  passwordMissing: {
    says: 'the Password Flag is set and the password is missing or cut off',
    expected: 'a password',
    level: 'MUST',
    cite: { '3.1.1': 'MQTT-3.1.2-21', '5.0': 'MQTT-3.1.2-19' },
  },
  willTopicWildcard: {
    says: 'the Will Topic holds a wildcard',
    expected: 'no # or +',
    level: 'MUST',
    cite: { '3.1': '§A', '3.1.1': 'MQTT-4.7.1-1', '5.0': 'MQTT-4.7.0-1' },
  },
  dataWithoutMethod: {
    says: 'Authentication Data comes without an Authentication Method',
    expected: 'both or none',
    level: 'MUST',
    cite: v5('§3.1.2.11.10'),
  },

  // CONNACK.
  connackReserved: {
    says: 'reserved bits of the Connect Acknowledge Flags are set',
    expected: 'bits 7–1 all 0',
    level: 'MUST',
    cite: { '3.1.1': '§3.2.2.1', '5.0': 'MQTT-3.2.2-1' },
  },
  connackCode: {
    says: 'CONNACK has a code that is not listed for it',
    expected: 'a listed code',
    level: 'MUST',
    cite: { '3.1': '§3.2', '3.1.1': 'MQTT-3.2.2-6', '5.0': 'MQTT-3.2.2-8' },
  },
  connackOfOld: {
    says: 'the level is refused in the form of CONNACK that 3.1.1 has',
    expected: 'a CONNACK of 5.0 with code 0x84',
    level: 'MAY',
    cite: v5('§3.2'),
    dispute: true,
  },
  sessionOfRefused: {
    says: 'Session Present is 1 in a CONNACK that refuses',
    expected: 'Session Present 0',
    level: 'MUST',
    cite: { '3.1.1': 'MQTT-3.2.2-4', '5.0': 'MQTT-3.2.2-6' },
  },

  // PUBLISH.
  qos3: {
    says: 'PUBLISH has QoS 3',
    expected: 'QoS 0, 1 or 2',
    level: 'MUST',
    cite: { '3.1': '§2.1', '3.1.1': 'MQTT-3.3.1-4', '5.0': 'MQTT-3.3.1-4' },
  },
  dupAtQos0: {
    says: 'PUBLISH has DUP 1 at QoS 0',
    expected: 'DUP 0',
    level: 'MUST',
    cite: { '3.1.1': 'MQTT-3.3.1-2', '5.0': 'MQTT-3.3.1-2' },
  },
  dupAtQos0Old: {
    says: 'DUP is set at QoS 0, where it means nothing',
    expected: 'DUP 0',
    level: 'SHOULD',
    cite: { '3.1': '§2.1' },
  },
  topicMissing: {
    says: 'the topic name is missing or cut off',
    expected: 'a topic name as the first field',
    level: 'MUST',
    cite: { '3.1': '§3.3', '3.1.1': 'MQTT-3.3.2-1', '5.0': 'MQTT-3.3.2-1' },
  },
  topicWildcard: {
    says: 'the topic name holds a wildcard',
    expected: 'no # or +',
    level: 'MUST',
    cite: { '3.1': '§3.3', '3.1.1': 'MQTT-3.3.2-2', '5.0': 'MQTT-3.3.2-2' },
  },
  responseTopicWildcard: {
    says: 'the Response Topic holds a wildcard',
    expected: 'no # or +',
    level: 'MUST',
    cite: v5('MQTT-3.3.2-14'),
  },
  topicAliasZero: {
    says: 'the Topic Alias is 0',
    expected: 'a Topic Alias of 1–65535',
    level: 'MUST',
    cite: v5('MQTT-3.3.2-8'),
  },
  subscriptionIdFromClient: {
    says: 'a client puts a Subscription Identifier on PUBLISH',
    expected: 'no Subscription Identifier',
    level: 'MUST',
    cite: v5('MQTT-3.3.4-6'),
  },

  // Reason codes.
  pubackCode: {
    says: 'PUBACK has a reason code that is not listed for it',
    expected: 'a listed reason code',
    level: 'MUST',
    cite: v5('MQTT-3.4.2-1'),
  },
  pubrecCode: {
    says: 'PUBREC has a reason code that is not listed for it',
    expected: 'a listed reason code',
    level: 'MUST',
    cite: v5('MQTT-3.5.2-1'),
  },
  pubrelCode: {
    says: 'PUBREL has a reason code that is not listed for it',
    expected: '0x00 or 0x92',
    level: 'MUST',
    cite: v5('MQTT-3.6.2-1'),
  },
  pubcompCode: {
    says: 'PUBCOMP has a reason code that is not listed for it',
    expected: '0x00 or 0x92',
    level: 'MUST',
    cite: v5('MQTT-3.7.2-1'),
  },
  disconnectCode: {
    says: 'DISCONNECT has a reason code that is not listed for it in this direction',
    expected: 'a listed reason code',
    level: 'MUST',
    cite: v5('MQTT-3.14.2-1'),
  },
  disconnectCodeDisputed: {
    says: 'DISCONNECT has a reason code that one table lists for it and another does not',
    expected: 'a reason code of §3.14.2.1 for this direction',
    level: 'SHOULD',
    cite: v5('MQTT-3.14.2-1'),
    dispute: true,
  },
  authCode: {
    says: 'AUTH has a reason code that is not listed for it in this direction',
    expected: '0x00 from a server, 0x18 from both, 0x19 from a client',
    level: 'MUST',
    cite: v5('MQTT-3.15.2-1'),
  },
  authWithoutMethod: {
    says: 'AUTH has no Authentication Method',
    expected: 'an Authentication Method',
    level: 'MUST',
    cite: v5('§3.15.2.2.2'),
  },

  // SUBSCRIBE, SUBACK, UNSUBSCRIBE, UNSUBACK.
  subscribeEmpty: {
    says: 'SUBSCRIBE has no topic filter',
    expected: 'at least one filter and its options',
    level: 'MUST',
    cite: { '3.1': '§3.8', '3.1.1': 'MQTT-3.8.3-3', '5.0': 'MQTT-3.8.3-2' },
  },
  unsubscribeEmpty: {
    says: 'UNSUBSCRIBE has no topic filter',
    expected: 'at least one filter',
    level: 'MUST',
    cite: { '3.1': '§3.10', '3.1.1': 'MQTT-3.10.3-2', '5.0': 'MQTT-3.10.3-2' },
  },
  requestedQos: {
    says: 'the byte behind a filter is no QoS',
    expected: '0, 1 or 2',
    level: 'MUST',
    cite: { '3.1': '§3.8', '3.1.1': 'MQTT-3.8.3-4' },
  },
  optionsReserved: {
    says: 'reserved bits of the Subscription Options are set',
    expected: 'bits 7 and 6 both 0',
    level: 'MUST',
    cite: v5('MQTT-3.8.3-5'),
  },
  optionsQos3: {
    says: 'the Subscription Options have QoS 3',
    expected: 'QoS 0, 1 or 2',
    level: 'MUST',
    cite: v5('§3.8.3.1'),
  },
  retainHandling3: {
    says: 'the Subscription Options have Retain Handling 3',
    expected: 'Retain Handling 0, 1 or 2',
    level: 'MUST',
    cite: v5('§3.8.3.1'),
  },
  noLocalShared: {
    says: 'No Local is set on a shared subscription',
    expected: 'No Local 0',
    level: 'MUST',
    cite: v5('MQTT-3.8.3-4'),
  },
  hashMisplaced: {
    says: '# does not stand alone in the last level of a filter',
    expected: '# alone, or behind the last /',
    level: 'MUST',
    cite: { '3.1': '§A', '3.1.1': 'MQTT-4.7.1-2', '5.0': 'MQTT-4.7.1-1' },
  },
  plusMisplaced: {
    says: '+ does not fill its level of a filter',
    expected: '+ alone between two /',
    level: 'MUST',
    cite: { '3.1': '§A', '3.1.1': 'MQTT-4.7.1-3', '5.0': 'MQTT-4.7.1-2' },
  },
  shareNameEmpty: {
    says: 'the share name of a filter is empty',
    expected: '$share/, at least one character, / and a filter',
    level: 'MUST',
    cite: v5('MQTT-4.8.2-1'),
  },
  shareNameBad: {
    says: 'a share name holds + or #, or no filter follows it',
    expected: '$share/, a name without +, # and /, then / and a filter',
    level: 'MUST',
    cite: v5('MQTT-4.8.2-2'),
  },
  subackEmpty: {
    says: 'SUBACK has no code',
    expected: 'a code for each filter',
    level: 'MUST',
    cite: { '3.1': '§3.9', '3.1.1': 'MQTT-3.8.4-5', '5.0': 'MQTT-3.8.4-6' },
  },
  subackCode: {
    says: 'SUBACK has a code that is not listed for it',
    expected: 'a listed code',
    level: 'MUST',
    cite: { '3.1': '§3.9', '3.1.1': 'MQTT-3.9.3-2', '5.0': 'MQTT-3.9.3-2' },
  },
  subackFailureOld: {
    says: 'SUBACK has the failure code 0x80, which 3.1 does not know',
    expected: '0, 1 or 2',
    level: 'MAY',
    cite: { '3.1': '§3.9' },
    dispute: true,
  },
  unsubackEmpty: {
    says: 'UNSUBACK has no reason code',
    expected: 'a reason code for each filter',
    level: 'MUST',
    cite: v5('MQTT-3.11.3-2'),
  },
  unsubackCode: {
    says: 'UNSUBACK has a reason code that is not listed for it',
    expected: 'a listed reason code',
    level: 'MUST',
    cite: v5('MQTT-3.11.3-2'),
  },

  // Properties.
  noPropertyLength: {
    says: 'the Property Length is missing',
    expected: 'a Property Length, 0 where there are no properties',
    level: 'MUST',
    cite: v5('MQTT-2.2.2-1'),
  },
  propertyLength: {
    says: 'the Property Length runs past the end of the packet',
    expected: 'properties that end within the packet',
    level: 'MUST',
    cite: v5('§2.2.2.1'),
  },
  propertyUnknown: {
    says: 'a property has an identifier that is not defined',
    expected: 'an identifier of table 2-4',
    level: 'MUST',
    cite: v5('§2.2.2.2'),
  },
  propertyMisplaced: {
    says: 'a property stands where it is not allowed',
    expected: 'the properties that table 2-4 allows here',
    level: 'MUST',
    cite: v5('§2.2.2.2'),
  },
  propertyRepeated: {
    says: 'a property comes more than once',
    expected: 'the property at most once',
    level: 'MUST',
    cite: v5(thisProperty),
  },
  propertyNotBoolean: {
    says: 'a property that is 0 or 1 has another value',
    expected: '0 or 1',
    level: 'MUST',
    cite: v5(thisProperty),
  },
  propertyZero: {
    says: 'a property that must not be 0 is 0',
    expected: 'a value above 0',
    level: 'MUST',
    cite: v5(thisProperty),
  },
  expiryFromServer: {
    says: 'a server puts a Session Expiry Interval on DISCONNECT',
    expected: 'no Session Expiry Interval',
    level: 'MUST',
    cite: v5('MQTT-3.14.2-2'),
  },
} satisfies Record<string, Rule>

export type RuleName = keyof typeof rules
