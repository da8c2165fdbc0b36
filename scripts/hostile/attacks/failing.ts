import { existsSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Arena } from '../arena.ts'
import type { Attack, Played } from '../attack.ts'

/*
 * Every place that touches files, sockets or processes, found by passing it, fails once as the system would. Whatever fails, it is no bug of
 * ours (exit 70), it ends, and reports that can be written are.
 */

const preload = fileURLToPath(new URL('../failing-system.cjs', import.meta.url))

/** What the system says at each kind of place. */
const codes: { readonly [call: string]: readonly string[] } = {
  connect: ['EMFILE', 'EACCES'],
  listen: ['EACCES', 'EMFILE'],
  spawn: ['ENOENT', 'EACCES'],
  fork: ['ENOENT'],
  execFile: ['ENOENT'],
}
const reading = ['EACCES', 'EMFILE', 'EISDIR', 'ELOOP']
const writing = ['ENOSPC', 'EROFS', 'EACCES', 'ENOTDIR']

function codesFor(place: string): readonly string[] {
  const [call = ''] = place.split(' ')
  const isWrite = /write|append|mkdir|mkdtemp|rm|unlink|rename|copy|cp|symlink|chmod|trunc/i.test(
    call,
  )
  return codes[call] ?? (isWrite ? writing : reading)
}

type Line = {
  name: string
  words(arena: Arena): readonly string[]
  command: 'run' | 'listen' | 'other'
}

const lines: readonly Line[] = [
  {
    name: 'a broker that is started',
    command: 'run',
    words: () => ['qos2/broker-receives/undisturbed', '--target', 'mosquitto'],
  },
  {
    name: 'the embedded broker, known issues, a suite of the user',
    command: 'run',
    words: arena => [
      arena.file('own.yaml', own),
      '--known-issues',
      arena.file('known.yaml', '[]\n'),
    ],
  },
  {
    name: 'a client library',
    command: 'run',
    words: () => ['qos2/client-receives/undisturbed', '--target', 'mqttjs'],
  },
  { name: 'listening', command: 'listen', words: () => ['--port', '0', '--for', '1'] },
  { name: 'check', command: 'other', words: arena => ['check', arena.file('own.yaml', own)] },
]

const own = `suite: mine/own
title: Mine
role: client
scenarios:
  - id: one
    title: One
    covers: { 3.1.1: [MQTT-3.1.0-1] }
    steps:
      - sub.connect: {}
      - sub.ping: {}
`

export const failing: Attack[] = lines.map(line => ({
  name: `failing/${line.name}`,
  exits: [0],
  secondsMax: 60,
  ...(line.name === 'check' ? { sample: true } : {}),
  play: arena => everywhere(arena, line),
}))

async function everywhere(arena: Arena, line: Line): Promise<Played> {
  const seen = path.join(arena.folder, 'places')
  const whole = await start(arena, line, { FAILING_SEEN: seen })
  const places = existsSync(seen) ? readFileSync(seen, 'utf8').trim().split('\n') : []
  const complaints: string[] = places.length < 3 ? [`only ${places.length} places were found`] : []
  if (whole.code === 2 || whole.code === 3)
    complaints.push(`exit ${whole.code} with nothing failing`)
  for (const [index, place] of places.entries()) {
    const all = codesFor(place)
    // Each place in one way, each way at many places.
    const code = all[index % all.length] ?? 'EIO'
    const told = await start(arena, line, { FAILING_AT: place, FAILING_CODE: code })
    const at = `${code} ${place}: `
    if (![0, 1, 2, 3, 4].includes(told.code as number)) complaints.push(`${at}exit ${told.code}`)
    if (/a bug of mqttspec itself|^\s+at .+:\d+:\d+\)?$/m.test(told.stderr)) {
      complaints.push(`${at}told as a bug: ${told.stderr.trim().split('\n')[1]?.slice(0, 150)}`)
    }
    const isOfReport = /output-file/.test(place)
    if (line.command !== 'other' && !isOfReport && told.code !== 2) {
      complaints.push(...arena.missingReports().map(what => at + what))
    }
  }
  return { exitCode: 0, complaints }
}

function start(arena: Arena, line: Line, env: { [name: string]: string }) {
  const words = line.words(arena)
  const how = { env: { ...env, NODE_OPTIONS: `--require ${JSON.stringify(preload)}` } }
  switch (line.command) {
    case 'run':
      return arena.run(words, how)
    case 'listen':
      return arena.listen(words, how)
    case 'other':
      return arena.mqttspec(words, how)
  }
}
