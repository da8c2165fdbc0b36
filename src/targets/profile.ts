import { features } from '../model/features.ts'
import type { Problem } from '../model/schema/problem.ts'
import { readYaml } from '../model/schema/read-yaml.ts'
import { flag, integer, number, text, textLike, word } from '../model/schema/scalars.ts'
import { mapped, type Schema } from '../model/schema/schema.ts'
import { dictionary, listOf, may, must, type RecordOf, record } from '../model/schema/shapes.ts'
import { type Version, versions } from '../model/version.ts'
import { isScram } from '../peers/authentication/scram.ts'
import { type TransportName, transportNames } from '../transport/index.ts'
import { type ProxyHeader, proxyHeaders } from '../transport/proxy-header.ts'

/** How a target starts or where it is, and what it can do. */
export type Profile = RecordOf<typeof profileFields>
/** How all topics and client ids of ours begin. */
export type OurNames = Pick<Profile, 'topicPrefix' | 'clientIdPrefix'>

/** Reads a profile; every mistake in it is a problem with its place and, where a word is near, a hint. */
export function parseProfile(
  path: string,
  source: string,
): { profile?: Profile; problems: Problem[] } {
  const { root, problems } = readYaml(path, source)
  if (!root) return { problems }
  const report = (problem: Problem) => problems.push(problem)
  const read = record(profileFields, 'a profile').read(root, { report, locals: new Map() })
  if (!read) return { problems }
  const missing = missingPart(read)
  if (missing) report({ code: 'MISSING_KEY', message: missing, span: root.span })
  return problems.length > 0 ? { problems } : { profile: read, problems }
}

function missingPart(profile: Profile): string | undefined {
  const { auth } = profile
  if (auth) {
    if (isScram(auth.method) && (auth.user === undefined || auth.password === undefined)) {
      return `"auth" needs "user" and "password" for ${auth.method}`
    }
    if (!isScram(auth.method) && auth.data === undefined) {
      return `"auth" needs "data" for ${auth.method}: what we say, in its order`
    }
  }
  if (profile.role === 'broker') {
    return profile.start || profile.address
      ? undefined
      : 'a broker needs "start" (a command) or "address" (where it runs)'
  }
  return profile.adapter || profile.commands
    ? undefined
    : 'a client needs "adapter" (JSON lines) or "commands" (one process per case)'
}

/** One word of a command; `$port`, `$dir`, `$here` and the like are replaced when it starts. */
const words = listOf(text('a word of the command'), { min: 1 })

const nameLike = textLike('a name', /\S/)

function table<T>(value: Schema<T>, title: string): Schema<{ [name: string]: T }> {
  return mapped(dictionary(nameLike, value, title), entries =>
    Object.fromEntries(entries.map(({ key, value: each }) => [key, each])),
  )
}

const setting: Schema<string | number | boolean> = {
  title: 'a number, true, false or text',
  read(node, context) {
    const plain = text('a number, true, false or text').read(node, context)
    if (plain === undefined || plain === '') return plain
    if (plain === 'true' || plain === 'false') return plain === 'true'
    return /^-?\d{1,15}(\.\d{1,9})?$/.test(plain) ? Number(plain) : plain
  },
  json: () => ({ type: ['string', 'number', 'boolean'] }),
}

const milliseconds = integer(0, 600_000, 'ms')

const start = record(
  {
    command: must(words, 'The command and its arguments.'),
    files: may(table(text(), 'a map from file name to text'), 'Files written to $dir before.'),
    env: may(table(text(), 'a map from name to value'), 'Environment variables.'),
    readyS: may(number(0.1, 600, 's'), 'How long it may take to serve, in s.'),
    certificates: may(
      flag(),
      'Whether ca.pem, cert.pem and key.pem for 127.0.0.1 are made in $dir where an address needs them. They are trusted.',
    ),
  },
  'how it starts: command, files, env, readyS, certificates',
)

const tls = record(
  {
    ca: may(nameLike, "A PEM file with those who vouch for it; the system's where there is none."),
    cert: may(nameLike, 'A PEM file with the certificate that we show.'),
    key: may(nameLike, 'A PEM file with its key.'),
    servername: may(nameLike, 'The name its certificate has, where that is not its host.'),
    verify: may(flag(), 'False takes any certificate.'),
  },
  'how TLS is spoken: ca, cert, key, servername, verify',
)

const transportFields = {
  address: must(nameLike, 'Where it is reached that way: wss://127.0.0.1:$port4/mqtt.'),
  files: may(
    table(text(), 'a map from file name to text'),
    'Written to $dir besides, where cases run over it.',
  ),
}
const transport = record(transportFields, 'another way to reach it: address, files')

const timing = record(
  {
    replyMs: may(milliseconds, 'How long an answer may take.'),
    connectMs: may(milliseconds, 'How long a TCP connection may take.'),
    reconnectMs: may(milliseconds, 'How long a client may take to come back after a cut.'),
    quietMs: may(
      milliseconds,
      'Silence after which a target that cannot be fenced has no more to say.',
    ),
    caseMs: may(milliseconds, 'How long a whole case may take.'),
    startMs: may(milliseconds, 'How long a start may take.'),
    answerMs: may(milliseconds, 'How long an adapter may take to answer a command.'),
  },
  'time budgets in ms',
)

const adapter = record(
  {
    command: may(words, 'A command that speaks JSON lines over stdio.'),
    address: may(nameLike, 'tcp://host:port of an adapter that runs already.'),
    serial: may(nameLike, 'A serial port with an adapter behind it.'),
    baud: may(integer(300, 4_000_000), 'Speed of the serial port. Default 115200.'),
    env: may(table(text(), 'a map from name to value'), 'Environment variables.'),
    host: may(nameLike, 'The address under which the client reaches us. Default 127.0.0.1.'),
  },
  'how the adapter is reached',
)

const build = record(
  {
    command: must(words, 'Writes what the adapter needs to $out.'),
    sources: must(
      listOf(nameLike, { min: 1 }),
      'Files beside the profile; the result is kept until one of them changes.',
    ),
  },
  'how the adapter is compiled',
)

const auth = record(
  {
    method: must(nameLike, 'The Authentication Method of CONNECT: SCRAM-SHA-256, or any other.'),
    user: may(nameLike, 'For SCRAM. $NAME stands for a variable of the environment.'),
    password: may(nameLike, 'For SCRAM; $NAME likewise. It is shown nowhere.'),
    data: may(
      listOf(nameLike, { min: 1 }),
      'For any other method, what we say: first in CONNECT, then once for each AUTH that asks for more; $NAME likewise.',
    ),
  },
  'how we authenticate by AUTH: method, user and password, or data',
)

const commands = record(
  {
    publish: may(words, 'Publishes one message and ends.'),
    subscribe: may(words, 'Subscribes and stays.'),
    words: may(
      table(
        table(listOf(text('a word of the command')), 'a map from value to words'),
        'a map of variables',
      ),
      'What stands for a value of ours: version: { 5.0: [mqttv5] }. The list may be empty.',
    ),
  },
  'commands, one process per case',
)

export const profileFields = {
  name: must(
    textLike(
      'a name of letters, digits, "-", "_" and "."',
      /^[A-Za-z0-9][A-Za-z0-9._-]*$/,
      'BAD_ID',
    ),
    'Unique among the profiles.',
  ),
  role: must(word('role of a target', ['broker', 'client'], 'UNKNOWN_ROLE'), 'broker or client.'),
  versions: must(
    listOf(word('version of MQTT', versions, 'UNKNOWN_VERSION') as Schema<Version>, { min: 1 }),
    'The versions it speaks.',
  ),
  about: may(text(), 'One line.'),
  install: may(text(), 'How a user gets it.'),
  start: may(start, 'A broker that we start.'),
  address: may(nameLike, 'mqtt://host:port, with user and password where it wants them.'),
  transports: may(
    mapped(
      dictionary(
        word('transport', transportNames, 'UNKNOWN_WORD'),
        transport,
        'a map of transports',
      ),
      entries => Object.fromEntries(entries.map(({ key, value }) => [key, value])),
    ) as Schema<{ [name in TransportName]?: RecordOf<typeof transportFields> }>,
    'Other ways to reach it, for --transport: tcp, tls, ws, wss.',
  ),
  tls: may(tls, 'For addresses by TLS.'),
  auth: may(auth, 'A broker that does enhanced authentication (5.0): how we authenticate to it.'),
  proxyProtocol: may(
    word('version of the PROXY protocol', proxyHeaders, 'UNKNOWN_VERSION') as Schema<ProxyHeader>,
    'A header that we send first, as a balancer in front of it would: v1 or v2.',
  ),
  durable: may(flag(), 'Whether sessions survive kill and restart.'),
  topicPrefix: may(
    nameLike,
    'All topics of ours begin with it, where access rules allow no others.',
  ),
  clientIdPrefix: may(nameLike, 'All client ids of ours begin with it.'),
  lacks: may(
    listOf(word('feature', Object.keys(features), 'UNKNOWN_FEATURE')),
    'Features it does not have; everything else is claimed.',
  ),
  settings: may(table(setting, 'a map of settings'), 'What is configured and matters to cases.'),
  timing: may(timing, 'Time budgets where the defaults do not fit.'),
  adapter: may(adapter, 'A client that is driven through an adapter.'),
  isolate: may(
    word('unit of isolation', ['client']),
    'A process of the adapter for each client: for a library that keeps state for its whole process.',
  ),
  build: may(build, 'Compiles the adapter before its first use.'),
  commands: may(commands, 'A client of which only commands exist.'),
}
