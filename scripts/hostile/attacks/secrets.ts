import { fileURLToPath } from 'node:url'
import type { Arena } from '../arena.ts'
import type { Attack, Played } from '../attack.ts'

/*
 * Passwords, tokens and keys are put wherever a user may have put them. None of them may stand in a report or on a stream, in no form.
 * Each is long enough that it does not occur by chance, and has characters that URL, JSON, HTML and base64 write in another way.
 */

const seeds = {
  user: 'gandalf<the"grey>',
  password: 'sp34k&friend<and>"enter',
  scenario: 'scenario-s3cret<1>"',
  authentication: 'auth-data-s3cret&"2',
  willed: 'will-payload-s3cret-3',
  environment: 'environment-s3cret&4"',
  argument: 'argument-s3cret<5>',
}

const secretWords = Object.values(seeds)

async function withCredentials(arena: Arena, more: readonly string[]): Promise<Played> {
  const port = await arena.peer('peers/broker.ts', 'silent', '100000')
  const { user, password } = seeds
  const address = `mqtt://${encodeURIComponent(user)}:${encodeURIComponent(password)}@127.0.0.1:${port}`
  const told = await arena.run(['--target', address, ...more])
  return { exitCode: told.code, complaints: arena.missingReports() }
}

const ownSuite = `suite: mine/secrets
title: Sends what nobody should read
role: client
scenarios:
  - id: one
    title: One
    covers: { 5.0: [MQTT-3.1.0-1], 3.1.1: [MQTT-3.1.0-1] }
    steps:
      - sub.connect: { username: ${JSON.stringify(seeds.user)}, password: ${JSON.stringify(seeds.scenario)}, will: { topic: $topic/will, payload: fine, qos: 0, retain: false } }
      - sub.ping: {}
      - sub.disconnect: {}
  - id: raw
    title: Raw
    covers: { 3.1.1: [MQTT-3.1.0-1] }
    steps:
      - sub.open: {}
      - sub.send: { CONNECT: { clientId: $client, username: ${JSON.stringify(seeds.user)}, password: ${JSON.stringify(seeds.scenario)} } }
      - sub.expect: { CONNACK: { code: 77 } }
  - id: auth
    title: Authentication
    covers: { 5.0: [MQTT-3.1.0-1] }
    steps:
      - sub.open: {}
      - sub.send: { CONNECT: { clientId: $client, properties: { authenticationMethod: SCRAM, authenticationData: ${JSON.stringify(seeds.authentication)} } } }
      - sub.expect: { CONNACK: { code: 77 } }
`

/** A client under test that connects with its own secrets. */
function client(behaviour: string, secrets: readonly string[], more: Partial<Attack> = {}): Attack {
  return {
    name: `secret/listen ${behaviour}`,
    exits: [0, 1, 4],
    secrets,
    play: async arena => {
      let attacked: Promise<string> | undefined
      const told = await arena.listen(['--port', '0', '--for', '3'], {
        onStart: child => {
          child.stdout?.on('data', (text: string) => {
            const port = /listens on \S+:(\d+)/.exec(text)?.[1]
            if (!port || attacked) return
            attacked = arena.peer('peers/confiding.ts', port, behaviour, JSON.stringify(seeds))
          })
        },
      })
      await attacked
      return { exitCode: told.code, complaints: arena.missingReports() }
    },
    ...more,
  }
}

const printing = fileURLToPath(new URL('../adapters/printing.js', import.meta.url))

export const secrets: Attack[] = [
  {
    name: "secret/target's password in its address",
    exits: [0, 1, 4],
    secrets: secretWords,
    play: arena => withCredentials(arena, ['qos2/broker-receives/undisturbed', 'protocol/connect']),
  },
  {
    name: "secret/a scenario's own",
    exits: [0, 1, 4],
    secrets: secretWords,
    play: arena => withCredentials(arena, [arena.file('suite.yaml', ownSuite), '--verbose']),
  },
  {
    name: 'secret/password in the query of an address',
    exits: [2],
    secrets: secretWords,
    play: async arena => {
      const query = `password=${encodeURIComponent(seeds.password)}`
      const told = await arena.run(['--target', `mqtt://127.0.0.1:1883?${query}`])
      return { exitCode: told.code }
    },
  },
  ...['no such program', 'prints and ends', 'prints and is silent'].map(
    (how): Attack => ({
      name: `secret/adapter that ${how}`,
      exits: [3],
      secrets: secretWords,
      play: async arena => {
        const program = how === 'no such program' ? '/nowhere/adapter' : 'node'
        const target = arena.file(
          'confiding.yaml',
          [
            'name: confiding',
            'role: client',
            'versions: [3.1.1]',
            `adapter: { command: [${program}, ${JSON.stringify(printing)}, ${JSON.stringify(how)}, --password, ${JSON.stringify(seeds.argument)}, $HOSTILE_TOKEN] }`,
            'timing: { startMs: 1000 }',
            '',
          ].join('\n'),
        )
        const told = await arena.run(['qos2/client-receives/undisturbed', '--target', target], {
          env: { HOSTILE_TOKEN: seeds.environment },
        })
        return { exitCode: told.code, complaints: arena.missingReports() }
      },
    }),
  ),
  {
    name: 'secret/broker that prints its environment',
    exits: [3],
    secrets: secretWords,
    play: async arena => {
      const target = arena.file(
        'confiding.yaml',
        [
          'name: confiding',
          'role: broker',
          'versions: [3.1.1]',
          'start:',
          `  command: [node, ${JSON.stringify(printing)}, prints and ends, --password=${JSON.stringify(seeds.argument).slice(1, -1)}]`,
          `  env: { API_TOKEN: ${JSON.stringify(seeds.environment)} }`,
          `address: mqtt://${encodeURIComponent(seeds.user)}:${encodeURIComponent(seeds.password)}@127.0.0.1:$port`,
          '',
        ].join('\n'),
      )
      const told = await arena.run(['qos2/broker-receives/undisturbed', '--target', target])
      return { exitCode: told.code, complaints: arena.missingReports() }
    },
  },
  client('good', secretWords),
  client('second CONNECT', secretWords, { sample: true }),
  client('reserved flag', secretWords),
  client('header flags', secretWords),
  client('another protocol name', secretWords),
  client('half a CONNECT', secretWords),
  client('AUTH', secretWords),
]
