/**
 * What a target may lack, by the name that profiles (`lacks`) and scenarios (`requires`) use.
 * All is claimed that a profile does not list as lacking.
 */
export const features = {
  durable: 'Sessions survive a stop by TERM and by KILL',
  restart: 'mqttspec can stop and start it',
  qos1: 'QoS 1',
  qos2: 'QoS 2',
  sessions: 'Sessions that outlive a connection',
  'offline-queue': 'Messages are kept for a session without a connection',
  retained: 'Retained messages',
  wildcards: 'Topic filters with + and #',
  'sys-topics': 'Topics below $SYS',
  will: 'Will messages',
  auth: 'User name and password',
  'will-delay': 'Will Delay Interval (5.0)',
  'enhanced-auth': 'AUTH (5.0)',
  'user-properties': 'User properties are passed on (5.0)',
  'shared-subscriptions': 'Shared subscriptions (5.0)',
  'subscription-identifiers': 'Subscription identifiers (5.0)',
  'topic-alias': 'Topic aliases (5.0)',
  'receive-maximum': 'Receive Maximum (5.0)',
  'maximum-packet-size': 'Maximum Packet Size (5.0)',
  'session-expiry': 'Session Expiry Interval (5.0)',
  'message-expiry': 'Message Expiry Interval (5.0)',
  adapter: 'A client: an adapter tells what the application sees',
  'reconnects-self': 'A client: connects again by itself after a cut',
  'can-connect': 'A client: can be told to connect',
  'can-publish': 'A client: can be told to publish',
  'can-subscribe': 'A client: can be told to subscribe',
  'can-unsubscribe': 'A client: can be told to unsubscribe',
  'can-disconnect': 'A client: can be told to disconnect',
  'can-ping': 'A client: its adapter echoes a nonce',
  'can-properties': 'A client: takes properties of 5.0 on publish and connect',
  'can-will': 'A client: takes a will message',
  'can-auth': 'A client: takes user name and password',
  'can-receive-maximum': 'A client: takes a Receive Maximum',
  'can-persist': 'A client: keeps its session beyond the client object',
  'can-reason-codes': 'A client: tells its application reason codes',
} as const

export type Feature = keyof typeof features
