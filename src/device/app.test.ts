import { readFile } from 'node:fs/promises'
import path from 'node:path'
import t from 'tap'
import { packagedFirmware } from '../targets/micropython/firmware.ts'
import { plays } from './plays.ts'

/** Seconds on an idle machine; this is for one that is not. */
const limitMs = 180_000

for (const play of plays) {
  t.test(`the firmware as it ships stands: ${play.name}`, async t => {
    t.setTimeout(limitMs)
    const { seen, problems } = await play.run()
    t.same(problems, [])
    t.comment(seen)
  })
}

const client = 'lib/umqtt2/client.py'
/** What a broken copy never does need not be waited for as long. */
const brokenPatienceMs = 6000

/** One place of the firmware changed, and what the play of that name finds then. */
const broken = [
  {
    what: 'obeys a toggle twice',
    file: 'app.py',
    from: '            self.led.toggle()\n',
    to: '            self.led.toggle()\n            self.led.toggle()\n',
    play: 'readings and commands',
    problem: /LED/,
  },
  {
    what: 'takes no reading while it is offline',
    file: 'app.py',
    from: '        self.next_at = ticks_add(self.next_at, self.interval_ms)\n',
    to: '        self.next_at = ticks_add(self.next_at, self.interval_ms)\n        if self.subscribed and not self.client.sock:\n            return\n',
    play: 'link lost for minutes',
    problem: /readings: expected 6|what was kept/,
  },
  {
    what: 'tells its state through the journal',
    file: 'app.py',
    from: 'self.client.publish(self.id + "/" + what, value, True)',
    to: 'self.client.publish(self.id + "/" + what, value, True, 1, False)',
    play: 'journal full when the link returns',
    problem: /what was kept/,
  },
  {
    what: 'knocks every second',
    file: 'app.py',
    from: 'return min(ms * 2, RETRY_MAX_MS)',
    to: 'return RETRY_MIN_MS',
    play: 'broker gone for an hour',
    problem: /attempts between/,
  },
  {
    what: 'counts its ids on beyond 65,535',
    file: client,
    from: 'self.store.last_id % 65535 + 1',
    to: 'self.store.last_id + 1',
    play: 'ids run out',
    problem: /messages with id 0: expected 0, got 1/,
  },
  {
    what: 'lets its ids run over to 0',
    file: client,
    from: 'self.store.last_id % 65535 + 1',
    to: '(self.store.last_id + 1) % 65536',
    play: 'ids run out',
    problem: /messages with id 0: expected 0, got 1/,
  },
  {
    what: 'uses an id that is in flight',
    file: client,
    from: ' and not self.store.find(pid)',
    to: '',
    play: 'ids run out',
    problem: /messages with the id that is held: expected 1, got 2/,
  },
]

for (const { what, file, from, to, play: name, problem } of broken) {
  t.test(`${name}: firmware that ${what} is found out`, async t => {
    t.setTimeout(limitMs)
    const source = await readFile(path.join(packagedFirmware, file), 'utf8')
    t.equal(source.split(from).length, 2, 'the place is there once')
    const play = plays.find(each => each.name === name)
    const { problems } = await play!.run({ [file]: source.replace(from, to) }, brokenPatienceMs)
    t.match(problems.join('; '), problem)
  })
}
