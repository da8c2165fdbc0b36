import { existsSync } from 'node:fs'
import type { Arena, Start } from '../arena.ts'
import type { Attack, Played } from '../attack.ts'

/*
 * Machines without room, rights or descriptors. Each is the surroundings: exit 2 or 3, or a run that does without what is missing; a
 * sentence that says what to do; and every report that can be written.
 */

const broker = ['qos2/broker-receives/undisturbed', '--target', 'mosquitto']
const embedded = ['qos2/broker-receives/undisturbed']
const compiled = ['qos2/client-receives/undisturbed', '--target', 'libmosquitto']

function machine(
  name: string,
  words: readonly string[],
  start: Start | ((arena: Arena) => Start),
  exits: readonly number[],
  more: Partial<Attack> = {},
): Attack {
  return {
    name: `machine/${name}`,
    exits,
    play: arena => on(arena, words, typeof start === 'function' ? start(arena) : start),
    ...more,
  }
}

async function on(arena: Arena, words: readonly string[], start: Start): Promise<Played> {
  const told = await arena.run(words, start)
  // Where Node may not open as many files as it takes to load us, nothing is there to write a report.
  const isLoaded = !/cannot load itself|open \S+dist/.test(told.stderr)
  const complaints = isLoaded ? arena.missingReports() : []
  if (/a bug of mqttspec itself|^\s+at .+:\d+:\d+\)?$/m.test(told.stderr)) {
    complaints.push(`told as a bug of ours: ${told.stderr.split('\n')[1]}`)
  }
  const lines = told.stderr.trim().split('\n')
  if (told.code === 3 && lines.length > 12) complaints.push(`${lines.length} lines on stderr`)
  return { exitCode: told.code, complaints }
}

/** Folders in which nothing can be made, not even by root. */
const readOnly = '/proc/self'
const skipped = () => (existsSync(readOnly) ? undefined : 'needs /proc')

export const machines: Attack[] = [
  machine('temporary folder read-only', broker, { env: { TMPDIR: readOnly } }, [3], {
    skip: skipped,
    sample: true,
  }),
  machine('temporary folder missing', broker, { env: { TMPDIR: '/proc/none' } }, [3], {
    skip: skipped,
  }),
  machine(
    'temporary folder is a file',
    broker,
    arena => ({ env: { TMPDIR: arena.file('file', '') } }),
    [3],
  ),
  machine('128 descriptors', broker, { shell: 'ulimit -n 128' }, [0]),
  machine('64 descriptors', broker, { shell: 'ulimit -n 64' }, [0], { sample: true }),
  machine('30 descriptors', broker, { shell: 'ulimit -n 30' }, [0, 2, 3]),
  machine('24 descriptors', broker, { shell: 'ulimit -n 24' }, [3]),
  machine(
    '40 descriptors, all suites',
    ['--target', 'mosquitto', '--bail'],
    { shell: 'ulimit -n 40' },
    [0, 1, 3, 4],
  ),
  machine(
    '40 descriptors, a client',
    ['qos2/client-receives', '--target', 'mqttjs'],
    { shell: 'ulimit -n 40' },
    [0, 1, 3, 4],
  ),
  machine(
    'home read-only, compiled client',
    compiled,
    { env: { HOME: readOnly, XDG_CACHE_HOME: undefined } },
    [0, 1, 3],
    { skip: skipped },
  ),
  machine(
    'home missing, compiled client',
    compiled,
    { env: { HOME: '/proc/none', XDG_CACHE_HOME: undefined } },
    [0, 1, 3],
    { skip: skipped },
  ),
  machine(
    'cache is a file, compiled client',
    compiled,
    arena => ({ env: { XDG_CACHE_HOME: arena.file('cache', '') } }),
    [0, 1, 3],
  ),
  machine('no program of that name', broker, { env: { PATH: '/nowhere' } }, [3]),
  machine(
    'no file larger than 64 KB',
    embedded,
    { shell: 'ulimit -f 64; trap "" XFSZ' },
    [0, 1, 3, 4],
  ),
  machine(
    '80 MB of V8 heap',
    ['qos2/broker-receives', '--target', 'mosquitto'],
    { env: { NODE_OPTIONS: '--max-old-space-size=80' } },
    [0, 1],
  ),
  machine(
    'TLS to a plain port',
    [...embedded, '--target', 'mqtts://127.0.0.1:9', '--timeout-scale', '0.2'],
    {},
    [3],
  ),
  {
    name: 'machine/TLS to a port that says nothing',
    exits: [3],
    play: async arena => {
      const port = await arena.peer('peers/broker.ts', 'silent', '0')
      return on(
        arena,
        [...embedded, '--target', `mqtts://127.0.0.1:${port}`, '--timeout-scale', '0.2'],
        {},
      )
    },
  },
  {
    name: 'machine/TLS to a port that is no TLS',
    exits: [3],
    play: async arena => {
      const port = await arena.peer('peers/broker.ts', 'garbage', '0')
      return on(
        arena,
        [...embedded, '--target', `mqtts://127.0.0.1:${port}`, '--timeout-scale', '0.2'],
        {},
      )
    },
  },
  {
    name: 'machine/stdout and stderr full',
    exits: [0, 1, 4],
    skip: () => (existsSync('/dev/full') ? undefined : 'needs /dev/full'),
    play: async arena => {
      const told = await arena.run(embedded, { shell: 'exec >/dev/full 2>/dev/full' })
      return { exitCode: told.code, complaints: arena.missingReports() }
    },
  },
  {
    name: 'machine/reports on a full disk',
    exits: [4],
    skip: () => (existsSync('/dev/full') ? undefined : 'needs /dev/full'),
    play: async arena => {
      const told = await arena.mqttspec(['run', ...embedded, '--reporter', 'json=/dev/full'])
      return { exitCode: told.code }
    },
  },
  {
    name: 'machine/all streams and reports full',
    exits: [4],
    skip: () => (existsSync('/dev/full') ? undefined : 'needs /dev/full'),
    play: async arena => {
      const told = await arena.mqttspec(['run', ...embedded, '--reporter', 'json'], {
        shell: 'exec >/dev/full 2>/dev/full',
      })
      return { exitCode: told.code }
    },
  },
]
