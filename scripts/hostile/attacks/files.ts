import { execFileSync } from 'node:child_process'
import { mkdirSync, symlinkSync, truncateSync } from 'node:fs'
import path from 'node:path'
import type { Arena, Start } from '../arena.ts'
import type { Attack, Played } from '../attack.ts'

/*
 * Files that are none, and suites that ask for too much. All of them are the user's: exit 2, one message that can be read, and no run.
 */

type Wanted = {
  exits?: readonly number[]
  /** What the message must say. */
  says?: RegExp
  /** What it must not say. */
  hides?: RegExp
  /** The longest message that is still one. */
  charsMax?: number
  sample?: true
}

function file(
  name: string,
  words: (arena: Arena) => readonly string[],
  wanted: Wanted = {},
  start: Start = {},
): Attack {
  const { exits = [2], sample } = wanted
  return {
    name: `file/${name}`,
    exits,
    ...(sample ? { sample } : {}),
    play: arena => reads(arena, words(arena), wanted, start),
  }
}

async function reads(
  arena: Arena,
  words: readonly string[],
  { says, hides, charsMax = 3000 }: Wanted,
  start: Start,
): Promise<Played> {
  const told = await arena.run(words, start)
  const complaints: string[] = []
  const { stderr } = told
  if (says && !says.test(stderr)) complaints.push(`does not say ${says}: ${stderr.slice(0, 200)}`)
  if (hides?.test(stderr)) complaints.push(`says ${hides}`)
  if (stderr.length > charsMax) complaints.push(`a message of ${stderr.length} characters`)
  if (/a bug of mqttspec itself/.test(stderr)) complaints.push('told as a bug of ours')
  if (/^\s+at .+:\d+:\d+\)?$/m.test(stderr)) complaints.push('a stack')
  return { exitCode: told.code, complaints }
}

function fifo(arena: Arena, name: string): string {
  const place = path.join(arena.folder, name)
  execFileSync('mkfifo', [place])
  return place
}

function link(arena: Arena, name: string, to: string): string {
  const place = path.join(arena.folder, name)
  symlinkSync(to, place)
  return place
}

function folder(arena: Arena, name: string): string {
  const place = path.join(arena.folder, name)
  mkdirSync(place)
  return place
}

/** A suite around these steps. */
function suite(steps: readonly string[], more: readonly string[] = []): string {
  return [
    'suite: mine/hostile',
    'title: Asks for too much',
    'role: client',
    'scenarios:',
    '  - id: one',
    '    title: One',
    '    covers: { 3.1.1: [MQTT-3.1.0-1] }',
    ...more.map(line => `    ${line}`),
    '    steps:',
    ...[...steps, checks].map(step => `      - ${step}`),
    '',
  ].join('\n')
}

const connects = 'sub.connect: {}'
/** Something that a case can fail at. */
const checks = 'sub.ping: {}'

export const files: Attack[] = [
  {
    name: 'file/a report of 300 MB',
    exits: [2],
    play: async arena => {
      const file = arena.file('report.json', '{')
      truncateSync(file, 300 * 1024 * 1024)
      const told = await arena.mqttspec(['report', 'convert', file, '--reporter', 'html'])
      const complaints = /more than 48 MB/.test(told.stderr) ? [] : [told.stderr.slice(0, 200)]
      return { exitCode: told.code, complaints }
    },
  },
  file('target is a folder', arena => ['--target', folder(arena, 'target')], { says: /folder/ }),
  file('target is a FIFO', arena => ['--target', fifo(arena, 'target.yaml')], {
    says: /FIFO|pipe/,
  }),
  file('target is a device', arena => ['--target', link(arena, 'target.yaml', '/dev/zero')], {
    says: /device/,
  }),
  file(
    'target is a link to itself',
    arena => ['--target', link(arena, 'target.yaml', 'target.yaml')],
    {},
  ),
  file('password with a bare %', () => ['--target', 'mqtt://user:100%@127.0.0.1:1'], {
    says: /%25/,
    sample: true,
  }),
  file('password in the query', () => ['--target', 'mqtt://127.0.0.1:1883?password=sesame'], {
    hides: /sesame/,
  }),
  file('suite is a FIFO', arena => [fifo(arena, 'suite.yaml')], { says: /FIFO|pipe/ }),
  file('suite is a device', arena => [link(arena, 'suite.yaml', '/dev/zero')], { says: /device/ }),
  file('suite is a link to itself', arena => [link(arena, 'suite.yaml', 'suite.yaml')], {}),
  file(
    'suite of 200 MB',
    arena => [arena.file('suite.yaml', Buffer.alloc(200 * 1024 * 1024, '# nothing\n'))],
    { says: /MB/ },
  ),
  file(
    'known issues are a folder',
    arena => ['qos2/broker-receives', '--known-issues', folder(arena, 'known')],
    {},
  ),
  file(
    'known issues are a FIFO',
    arena => ['qos2/broker-receives', '--known-issues', fifo(arena, 'known.yaml')],
    {},
  ),
  file(
    'board configuration is missing',
    arena => ['--serial', '/dev/none', '--board-config', path.join(arena.folder, 'none.json')],
    { exits: [2, 3] },
  ),
  file('an id of 100 KB', arena => [
    arena.file('suite.yaml', suite([connects]).replace('id: one', `id: "${'x y'.repeat(34_000)}"`)),
  ]),
  file('a word of 100 KB', () => ['y'.repeat(100_000)], {}),
  file('an empty folder', arena => [folder(arena, 'empty')], { says: /no suite in/ }),
  file(
    'several documents',
    arena => [arena.file('suite.yaml', `${suite([connects])}---\n${suite([connects])}`)],
    { hides: /parseAllDocuments/, says: /second document/ },
  ),
  file(
    'invalid UTF-8',
    arena => [
      arena.file(
        'suite.yaml',
        Buffer.concat([Buffer.from(suite([connects])), Buffer.of(0x23, 0x20, 0xc3, 0x28, 0x0a)]),
      ),
    ],
    { says: /UTF-8/ },
  ),
  file(
    'UTF-16',
    arena => [arena.file('suite.yaml', Buffer.from(`\ufeff${suite([connects])}`, 'utf16le'))],
    { says: /UTF-8/ },
  ),
  file(
    'a fragment defined twice',
    arena => {
      arena.file(
        'fragments/more.yaml',
        'fragments:\n  connected-pair:\n    steps:\n      - sub.connect: {}\n  subscribed:\n    steps:\n      - sub.connect: {}\n',
      )
      return [arena.file('suite.yaml', suite([connects]))]
    },
    { says: /fragments\/more\.yaml:\d+/ },
  ),
  file(
    'repeat 1e9',
    arena => [
      arena.file(
        'suite.yaml',
        suite([connects, 'repeat: { times: 1000000000, do: [{ sub.ping: {} }] }']),
      ),
    ],
    {},
  ),
  file(
    'nested repeats',
    arena => [
      arena.file(
        'suite.yaml',
        suite([
          connects,
          'repeat: { times: 9999, do: [{ repeat: { times: 9999, do: [{ repeat: { times: 9999, do: [{ sub.connect: {} }] } }] } }] }',
        ]),
      ),
    ],
    { exits: [2, 4] },
  ),
  file(
    'a payload of 268 MB',
    arena => [
      '--target',
      'mosquitto',
      arena.file(
        'suite.yaml',
        suite([connects, 'sub.publish: { topic: $topic, qos: 0, payload: { size: 268435000 } }']),
      ),
    ],
    { says: /268435000 bytes: 16777216 at most/ },
  ),
  file(
    'payloads as large as may be, side by side',
    arena => [
      '--target',
      'mosquitto',
      arena.file(
        'suite.yaml',
        suite(
          [
            connects,
            'sub.subscribe: { filter: $topic/$a, qos: 0 }',
            'repeat: { times: 4, do: [{ sub.publish: { topic: $topic/$a, qos: 0, payload: { size: 16777216 } } }, { sub.expect: { PUBLISH: { payload: { size: 16777216 } } } }] }',
          ],
          ['matrix: { a: [w, x, y, z] }'],
        ),
      ),
    ],
    { exits: [0] },
  ),
  file(
    '65,535 duplicates',
    arena => [
      '--target',
      'mosquitto',
      arena.file(
        'suite.yaml',
        suite([
          'sub.connect: { answers: by-hand }',
          'sub.duplicate: { PUBLISH: { topic: $topic, qos: 0, payload: { size: 100000 } }, times: 65535 }',
        ]),
      ),
    ],
    { says: /sends 6553500000 bytes in all/ },
  ),
  file(
    'a matrix of 1,000 cases',
    arena => [
      '--target',
      'mosquitto',
      arena.file(
        'suite.yaml',
        suite(
          [connects],
          [
            'matrix: { a: [1,2,3,4,5,6,7,8,9,10], b: [1,2,3,4,5,6,7,8,9,10], c: [1,2,3,4,5,6,7,8,9,10] }',
          ],
        ),
      ),
    ],
    { exits: [0, 2] },
  ),
]
