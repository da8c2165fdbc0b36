import { readFile } from 'node:fs/promises'
import path from 'node:path'
import t from 'tap'
import { packagedFirmware } from '../targets/micropython/firmware.ts'
import { setUpBoard } from './board-setup.ts'
import { firstFlow, longFlows, shortFlows } from './flows.ts'
import { type SweepReport, sweep } from './sweep.ts'

/** Seconds on an idle machine; this is for one that is not. */
const limitMs = 180_000

const brokenFlow = longFlows[0]!
/** `npm run device-sweep` cuts at all points; here at so many that every kind is among them. They are counted in threes and twos, so: a prime. */
const every = 5

t.test(
  'a power cut at any point of publish, receive and reconnect leaves exactly once',
  async t => {
    t.setTimeout(limitMs)
    const setup = await setUpBoard()
    t.teardown(setup.stop)
    const reports: SweepReport[] = []
    reports.push(await sweep({ ...setup, flow: firstFlow, start: setup.blank, every }))
    for (const flow of longFlows) {
      const all = flow.name === 'receive two'
      reports.push(await sweep({ ...setup, flow, start: setup.used, every: all ? 1 : every }))
    }
    for (const report of reports) isClean(t, report)
    t.same(
      new Set(reports.flatMap(({ byPoint }) => Object.keys(byPoint))).size,
      7,
      'each kind of point',
    )
    t.equal(
      gapsOf(reports, 'receive two'),
      4,
      'one gap per inbound message, cut at both of its ends',
    )
    t.comment(`${cutsOf(reports)} power cuts`)
  },
)

t.test(
  'a power cut at any point of the recovery from any power cut leaves exactly once',
  async t => {
    t.setTimeout(limitMs)
    const setup = await setUpBoard()
    t.teardown(setup.stop)
    const reports: SweepReport[] = []
    // One in four here; over many states every point has its turn. `npm run device-sweep` takes all.
    for (const flow of shortFlows) {
      reports.push(await sweep({ ...setup, flow, start: setup.used, twice: true, recoveryEach: 4 }))
    }
    for (const report of reports) isClean(t, report)
    for (const report of reports) t.ok(report.cuts.second > 50, `${report.cuts.second} second cuts`)
    t.comment(`${cutsOf(reports)} power cuts`)
  },
)

t.test('storing the inbound id after the callback repeats where it otherwise loses', async t => {
  t.setTimeout(limitMs)
  const setup = await setUpBoard({ 'config.json': JSON.stringify({ retry_ms: 1, late: true }) })
  t.teardown(setup.stop)
  const [, flow] = shortFlows
  const report = await sweep({ ...setup, flow: flow!, start: setup.used, gap: 'repeats' })
  isClean(t, report)
  t.equal(report.gaps.length, 3, 'before the write, in it, and after the callback')
})

const broken = [
  {
    name: 'no journal',
    file: 'tester.py',
    from: 'return Journal(FOLDER + name, self.slots, self.late)',
    to: 'from umqtt2.client import Memory\n        return Memory(self.slots)',
    problem: /is used for .* while it stands for m1|never arrived|still open/,
  },
  {
    name: 'a journal written after PUBLISH',
    file: 'lib/umqtt2/client.py',
    from: `        self.store.add(m)
        if now:
            self._transmit(m, 0, msg)
        elif self.sock:`,
    to: `        if now:
            self._transmit(m, 0, msg)
        self.store.add(m)
        if self.sock and not now:`,
    problem: /m1 is still open|id \d+ is used for/,
  },
  {
    name: 'the write at PUBCOMP left out',
    file: 'lib/umqtt2/journal.py',
    from: '        self._mark(m, state, 0)\n        super().move(m, state)',
    to: `        if state != 3:
            self._mark(m, state, 0)
        super().move(m, state)`,
    problem: /was taken up again after the application was told/,
  },
]

for (const { name, file, from, to, problem } of broken) {
  t.test(`the sweep fails for a client with ${name}`, async t => {
    t.setTimeout(limitMs)
    const setup = await setUpBoard({ [file]: await patched(file, from, to) })
    t.teardown(setup.stop)
    const report = await sweep({
      ...setup,
      flow: brokenFlow,
      start: setup.used,
      stopAtFirst: true,
      deadlineMs: 2000,
    })
    t.match(report.failures[0]?.problems.join('; '), problem)
  })
}

/** The firmware's file with one place changed; throws where the place is not there once. */
async function patched(file: string, from: string, to: string): Promise<string> {
  const source = await readFile(path.join(packagedFirmware, file), 'utf8')
  const parts = source.split(from)
  if (parts.length !== 2) throw new Error(`${file} does not hold this place once: ${from}`)
  return parts.join(to)
}

function isClean(t: Tap, report: SweepReport): void {
  t.same(report.failures, [], `${report.flow}: ${report.cuts.first + report.cuts.second} cuts`)
  t.ok(report.cuts.first > 0)
  t.ok(
    report.notReached.length * 10 <= report.cuts.first + report.cuts.second,
    'nearly all reached',
  )
}

type Tap = { same: typeof t.same; ok: typeof t.ok }

function gapsOf(reports: SweepReport[], flow: string): number | undefined {
  return reports.find(report => report.flow === flow)?.gaps.length
}

function cutsOf(reports: SweepReport[]): number {
  return reports.reduce((sum, { cuts }) => sum + cuts.first + cuts.second, 0)
}
