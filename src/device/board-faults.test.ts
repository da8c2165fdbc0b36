import { readFile } from 'node:fs/promises'
import path from 'node:path'
import t from 'tap'
import { packageRoot } from '../run/choice/suite-files.ts'
import { run } from '../run/run.ts'
import { packagedFirmware } from '../targets/micropython/firmware.ts'

/** Seconds on an idle machine; this is for one that is not. */
const limitMs = 180_000

/*
 * The scenarios of suites/device/board-faults.yaml on the firmware, and each on a copy of it with one place broken.
 */
type Patch = { file: string; from: string; to: string }

const client = 'lib/umqtt2/client.py'
const journal = 'lib/umqtt2/journal.py'

/** What no statement asks for, such as what an application is told, is a warning. */
const broken: { what: string; patch: Patch; fails: string; with: RegExp; as?: 'warn' }[] = [
  {
    what: 'that stores incoming ids over the state of outgoing messages',
    patch: {
      file: journal,
      from: '        self._save(self.marks, pids)\n',
      to: '        self._save([], pids)\n',
    },
    fails: 'power-cut-while-publishing-and-obeying:3.1.1',
    with: /PUBLISH|PUBREL/,
  },
  {
    what: 'that does not store incoming ids',
    patch: {
      file: journal,
      from: '        self._save(self.marks, pids)\n',
      to: '        self.inbound = pids\n',
    },
    fails: 'power-cut-while-publishing-and-obeying:3.1.1',
    with: /twice|2 times|again|once/,
  },
  {
    what: 'that takes a torn slot for whole',
    patch: {
      file: journal,
      from: '        return b if crc32(b) == _WHOLE else b""\n',
      to: '        return b\n',
    },
    fails: 'torn-slot:3.1.1',
    with: /./,
  },
  {
    what: 'that uses the id of a torn message again',
    patch: {
      file: journal,
      from: '            self.torn = 1024\n',
      to: '            self.torn = 0\n',
    },
    fails: 'torn-slot:3.1.1',
    with: /reading-3/,
  },
  {
    what: 'that publishes what it could not store',
    patch: {
      file: journal,
      from: '        self._put("m%d" % m.slot, fields + m.topic, m.msg)\n',
      to: '        try:\n            self._put("m%d" % m.slot, fields + m.topic, m.msg)\n        except OSError:\n            pass\n',
    },
    fails: 'flash-full:3.1.1',
    with: /large|published/,
    as: 'warn',
  },
  {
    what: 'that never misses a PINGRESP or an acknowledgement',
    patch: {
      file: client,
      from: '                if due < 0:\n                    _fail(errno.ETIMEDOUT)\n',
      to: '',
    },
    fails: 'link-lost-for-minutes:3.1.1',
    with: /disconnected/,
    as: 'warn',
  },
  {
    what: 'that makes room for any packet',
    patch: {
      file: client,
      from: '        big = n > self.max_packet\n',
      to: '        big = False\n',
    },
    fails: 'oversized:3.1.1:bytes=300000',
    with: /PUBREC|closed/,
  },
  {
    what: 'that counts characters',
    patch: {
      file: client,
      from: '    s = _bytes(s)\n    if len(s) > 65535:\n        raise ValueError("too long")\n    return struct.pack("!H", len(s)) + s\n',
      to: '    return struct.pack("!H", len(s if isinstance(s, str) else s.decode())) + _bytes(s)\n',
    },
    fails: 'unicode:3.1.1:name=umlaut',
    with: /./,
  },
]

t.test('the firmware stands every fault of its board', async t => {
  t.setTimeout(limitMs)
  const report = await run({ suites: ['device/board-faults'], target: await profile(t) })
  const bad = report.results.filter(result => result.verdict !== 'pass')
  t.same(
    bad.map(({ id, reason }) => `${id}: ${reason}`),
    [],
  )
  t.ok(report.results.length >= 10)
  t.equal(report.target.fingerprint.board, 'simulated')
})

/** Most of each is waiting. */
const sideBySide = { jobs: 4, timeout: limitMs }

t.test('firmware with one place changed shows', sideBySide, async t => {
  for (const { what, patch, fails, with: reason, as = 'fail' } of broken) {
    t.test(`firmware ${what} shows in ${fails}`, { buffered: true, timeout: limitMs }, async t => {
      const target = await profile(t, patch)
      const report = await run({ suites: [`device/board-faults/${fails}`], target })
      const [result] = report.results
      t.equal(result?.verdict, as)
      t.match(result?.reason, reason)
    })
  }
})

/** The profile of the firmware, with one of its files patched, run from source. */
async function profile(t: Test, patch?: Patch): Promise<string> {
  const name = 'patched.py'
  const folder = t.testdir({
    [name]: patch ? await patched(patch) : '',
    'pico.yaml': [
      'name: pico',
      'role: client',
      'versions: [3.1.1]',
      'settings: { board: simulated, maximumPacketSize: 8192 }',
      'timing: { replyMs: 5000, reconnectMs: 5000, quietMs: 0 }',
      'adapter:',
      '  command:',
      ...words(patch ? ['--put', `${patch.file}=$here/${name}`] : []).map(
        word => `    - ${JSON.stringify(word)}`,
      ),
    ].join('\n'),
  })
  return path.join(folder, 'pico.yaml')
}

function words(more: string[]): string[] {
  const adapter = path.join(packageRoot, 'fixtures/targets/clients/pico.js')
  return [process.execPath, `--import=${import.meta.resolve('tsx')}`, adapter, ...more]
}

async function patched({ file, from, to }: Patch): Promise<string> {
  const source = await readFile(path.join(packagedFirmware, file), 'utf8')
  const parts = source.split(from)
  if (parts.length !== 2) throw new Error(`${file} does not hold this place once: ${from}`)
  return parts.join(to)
}

type Test = { testdir: typeof t.testdir; setTimeout: typeof t.setTimeout }
