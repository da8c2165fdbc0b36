import * as fc from 'fast-check'
import t from 'tap'
import { parseFlow } from './flow-schema.ts'
import type { Outcome } from './outcome.ts'
import { keyOf, type Point } from './point.ts'
import { parseReplayId, replayId } from './replay-id.ts'
import type { Schedule } from './schedule.ts'
import { Search } from './search.ts'
import { setupsOf } from './setup.ts'
import { shrink } from './shrink.ts'
import { tableOf } from './table.ts'

const { flow } = parseFlow(
  'two.yaml',
  `flow: two
title: Two messages
role: client
peers: { pub: {} }
steps:
  - pub.publish: { times: 2 }
`,
)
const setups = setupsOf(flow ? [flow] : []).slice(0, 1)
const allowed = { role: 'client', version: '3.1.1', restarts: false } as const

/** PUBLISH and PUBACK of two messages, as a passing run has them. */
const points: Point[] = ['m1', 'm2'].flatMap(label => [
  { peer: 'pub', direction: 'out', type: 'PUBLISH', label, nth: 1, bytes: 12, begin: false },
  { peer: 'pub', direction: 'in', type: 'PUBACK', label, nth: 1, bytes: 0, begin: false },
])
const table = tableOf(points, allowed)

function outcome(more: Partial<Outcome> = {}): Outcome {
  const none = {
    struckAt: 0,
    struck: 0,
    edges: new Set<never>(),
    breaches: [],
    state: '',
    trace: [],
  }
  return { points, ...none, ...more }
}

/** Runs a search to its end, as if nothing ever failed; the second point comes behind the first. */
function tried(depth: number, shard?: { index: number; count: number }): Schedule[] {
  const options = { setups, seed: 1, depth, allowedOf: () => allowed, chance: fc }
  const search = new Search(shard ? { ...options, shard } : options)
  const all: Schedule[] = []
  for (let one = search.next(); one; one = search.next()) {
    all.push(one)
    const first = table.atoms[one.atoms[0] ?? -1]
    const at = first ? points.findIndex(point => keyOf(point) === first.key) : -1
    search.done(one, outcome({ struck: one.atoms.length, struckAt: at + 1 }))
  }
  return all
}

t.test('every fault at every point is tried once', async t => {
  const singles = tried(1).filter(({ atoms }) => atoms.length === 1)
  const wanted = table.points.filter(({ passing }) => passing).flatMap(({ atoms }) => atoms)
  t.same(singles.map(({ atoms }) => atoms[0]).sort(), [...wanted].sort())
  t.ok(wanted.length > 50, `${wanted.length} single faults`)
})

t.test(
  'a fault that shows much has its turn at the next message before one is tried in all its ways',
  async t => {
    const singles = tried(1).flatMap(({ atoms }) => (atoms.length === 1 ? atoms : []))
    const turnsOf = (kind: string, label: string) =>
      singles.flatMap((index, turn) => {
        const { fault, point } = table.atoms[index]!
        const fits = fault.kind === kind && point.label === label && point.type === 'PUBLISH'
        return fits ? turn : []
      })
    const lastSplit = turnsOf('split', 'm1').at(-1) ?? 0
    for (const kind of ['lose', 'hold', 'repeat', 'takeover', 'leave', 'lose-session']) {
      t.ok(
        (turnsOf(kind, 'm2')[0] ?? lastSplit) < lastSplit,
        `${kind} of m2 before the last split of m1`,
      )
    }
  },
)

t.test('the second fault of a pair lies behind the first', async t => {
  const pairs = tried(2).filter(({ atoms }) => atoms.length === 2)
  t.ok(pairs.length > 1000, `${pairs.length} pairs`)
  const order = (index: number) => points.findIndex(p => keyOf(p) === table.atoms[index]!.key)
  t.ok(
    pairs.every(({ atoms }) => order(atoms[0]!) < order(atoms[1]!)),
    'in the order of the passing run',
  )
  t.equal(new Set(pairs.map(({ atoms }) => atoms.join())).size, pairs.length, 'each once')
})

t.test('pairs whose first fault reached something new are tried among the singles', async t => {
  const search = new Search({ setups, seed: 1, depth: 2, allowedOf: () => allowed, chance: fc })
  const all: Schedule[] = []
  let newest: number | undefined
  for (let one = search.next(0); one; one = search.next(0)) {
    all.push(one)
    const [first] = one.atoms
    // The first single reaches what a passing run does; the second something more, and no other does.
    if (all.filter(({ atoms }) => atoms.length === 1).length === 2) newest ??= first
    const isNewest = one.atoms.length === 1 && first === newest
    const edges = new Set(isNewest ? (['sender S1 lost'] as const) : [])
    search.done(one, outcome({ struck: one.atoms.length, struckAt: 1, edges }))
  }
  const lastSingle = all.findLastIndex(({ atoms }) => atoms.length === 1)
  const early = all.slice(0, lastSingle).filter(({ atoms }) => atoms.length === 2)
  const base = all.find(({ atoms }) => atoms.length === 1)
  t.ok(early.length >= 10, `${early.length} pairs before singles are through`)
  t.same(new Set(early.map(({ atoms }) => atoms[0])), new Set([base?.atoms[0], newest]))
  const names = all.map(({ atoms }) => atoms.join())
  t.equal(new Set(names).size, names.length, 'nothing is tried twice')
})

t.test('parts of a search share the single faults among them', async t => {
  const parts = [1, 2, 3].map(index => tried(1, { index, count: 3 }))
  const all = parts.flat().filter(({ atoms }) => atoms.length === 1)
  const whole = tried(1).filter(({ atoms }) => atoms.length === 1)
  t.equal(all.length, whole.length)
  t.equal(new Set(all.map(({ atoms }) => atoms[0])).size, whole.length, 'none twice')
})

t.test('a replay id names its schedule', async t => {
  const schedule = { setup: 0, messages: 3, atoms: [1, 25] }
  t.equal(replayId(4711, schedule), '4711:0:3:1:25')
  t.same(parseReplayId('4711:0:3:1:25'), { seed: 4711, schedule })
  for (const wrong of ['4711', '4711:0', 'a:0:3:1', '4711:0:3:1:', '-1:0:3'])
    t.equal(parseReplayId(wrong), undefined, wrong)
})

t.test('a failing schedule shrinks to the fault that matters', async t => {
  const guilty = table.atoms.find(
    ({ point, fault }) => point.label === 'm2' && fault.kind === 'cut',
  )!
  const failing = { setup: 0, messages: 2, atoms: [3, guilty.index, 90] }
  const tries: number[] = []
  const least = await shrink(fc, failing, {
    fails: async ({ atoms }) => {
      tries.push(atoms.length)
      return atoms.includes(guilty.index)
    },
    tableFor: async () => table,
    triesMax: 200,
  })
  t.same(least.atoms, [guilty.index])
  t.ok(tries.length <= 200, `${tries.length} tries`)
})
