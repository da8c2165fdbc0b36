import * as fc from 'fast-check'
import t from 'tap'
import { parseFlow } from './flow-schema.ts'
import type { Point } from './point.ts'
import { Search } from './search.ts'
import { setupsOf } from './setup.ts'
import { tableOf } from './table.ts'
import { createTried, failedLine, firstLine, passedLine } from './tried.ts'

const { flow } = parseFlow(
  'one.yaml',
  `flow: one
title: One message
role: client
peers: { pub: {} }
steps:
  - pub.publish: { times: 1 }
`,
)
const [setup, other] = setupsOf(flow ? [flow] : [])
if (!setup || !other) throw new Error('the flow of this test cannot be read')
const allowed = { role: 'client', version: '3.1.1', restarts: false } as const
const label = 'm1'
const begin = false
const points: Point[] = [
  { peer: 'pub', direction: 'out', type: 'PUBLISH', label, nth: 1, bytes: 12, begin },
  { peer: 'pub', direction: 'in', type: 'PUBACK', label, nth: 1, bytes: 0, begin },
]
const table = tableOf(points, allowed)
const [first, second] = table.atoms
if (!first || !second) throw new Error('the flow of this test has no faults')

t.test('what one search writes down the next knows, and nothing else', async t => {
  const tried = createTried('mosquitto')
  const lines = [
    firstLine('mosquitto'),
    passedLine(setup, [first], ['pub<PUBACK m1#1']),
    passedLine(setup, [first, second], undefined),
    failedLine('1:0:1:2', '3.1.1:MQTT-4.3.3-2'),
  ]
  t.equal(tried.read(lines.join('')), undefined)
  t.ok(tried.has(setup, [first]))
  t.ok(tried.has(setup, [first, second]))
  t.notOk(tried.has(setup, [second]), 'one that was not tried')
  t.notOk(tried.has(other, [first]), 'one of another manner')
  t.same(tried.behind(setup, first), ['pub<PUBACK m1#1'])
  t.equal(tried.count, 2, 'what failed is tried again')
})

t.test('the line that a killed search left half written counts for nothing', async t => {
  const tried = createTried('mosquitto')
  const whole = passedLine(setup, [first], undefined)
  tried.read(firstLine('mosquitto') + whole + passedLine(setup, [second], undefined).slice(0, -1))
  t.ok(tried.has(setup, [first]))
  t.notOk(tried.has(setup, [second]))
})

t.test('what another target was tried with is refused', async t => {
  t.match(createTried('mosquitto').read(firstLine('emqx')), /it is of emqx, and this is mosquitto/)
  t.match(createTried('mosquitto').read('once upon a time\n'), /not of a search/)
})

t.test('a search leaves out what was tried, and pairs what came behind it', async t => {
  const tried = createTried('mosquitto')
  const behind = ['pub<PUBACK m1#1']
  const lines = table.points
    .filter(({ passing }) => passing)
    .flatMap(({ atoms }) => atoms.map(index => table.atoms[index]!))
    .map(atom => passedLine(setup, [atom], atom === first ? behind : []))
  tried.read(firstLine('mosquitto') + lines.join(''))
  const search = new Search({
    setups: [setup],
    seed: 1,
    depth: 2,
    allowedOf: () => allowed,
    chance: fc,
    tried,
  })
  const given: number[][] = []
  for (let one = search.next(); one; one = search.next()) {
    given.push([...one.atoms])
    search.done(one, {
      points,
      struckAt: 0,
      struck: 0,
      edges: new Set(),
      breaches: [],
      state: '',
      trace: [],
    })
  }
  t.same(given[0], [], 'the passing run, which makes the table')
  t.notOk(
    given.some(({ length }) => length === 1),
    'no single fault',
  )
  t.ok(given.length > 5, `${given.length} pairs`)
  t.ok(given.slice(1).every(([one]) => one === first.index))
})
