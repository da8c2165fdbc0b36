import { randomBytes } from 'node:crypto'
import t from 'tap'
import { type Flaw, flaws } from '../fixtures/testing/peers/flaws/index.ts'
import { stepCount } from '../src/scenario/checking/length.ts'
import {
  type KilledBy,
  killCounts,
  killedByOf,
  numbersOfLastProof,
  playedFirst,
} from './proof/again.ts'
import { barrenReason } from './proof/history.ts'
import { loadCases } from './proof/load.ts'
import { killsOf, outcomeOf, scoreLine } from './proof/outcome.ts'
import { sampleOf } from './proof/prove.ts'
import { oneOfEach, scenarioOf, stagesFor } from './proof/select.ts'
import { playsSlowCases, settings } from './proof/settings.ts'
import { emptyTrial, type Miss, type Trial, tryFlaw, trySetting } from './proof/trial.ts'
import { isHeavy, isSlow } from './proof/weigh.ts'

const cases = await loadCases()
const { quick, killedBy: known } = numbersOfLastProof()
const killedBy = playedFirst(known, [...cases.broker, ...cases.client])

t.test('a sample of flaws is caught', { timeout: 300_000 }, async t => {
  const seed = randomBytes(4).readUInt32BE()
  t.comment(`npm run proof -- --sample 4 --seed ${seed}`)
  const known = flaws.filter(({ name }) => quick.includes(name))
  t.ok(known.length > 400, `${known.length} flaws were killed within seconds by the whole proof`)
  for (const flaw of sampleOf(known, 4, seed)) {
    const { fate, catches } = outcomeOf(
      flaw,
      await tryFlaw(flaw, cases[flaw.peer], killedBy[flaw.name]),
    )
    t.not(fate, 'survived', `${flaw.name} by ${catches[0]?.id ?? 'nothing'}`)
  }
})

t.test('a correct client has nothing found in it', { timeout: 60_000 }, async t => {
  const setting = settings.find(({ name }) => name === 'client, deliverAt pubrel')!
  const some = oneOfEach(cases.client).filter((_, index) => index % 5 === 0)
  const trial = await trySetting(setting, some)
  t.ok(trial.ran > 10, `${trial.ran} cases`)
  t.same(trial.misses, [])
})

const flaw: Flaw = {
  name: 'broker-x',
  peer: 'broker',
  bug: 'R01',
  statements: ['5.0:MQTT-4.3.3-10'],
  versions: ['5.0'],
  about: 'Wrong.',
  apply: options => options,
}

function trialOf(...misses: Partial<Miss>[]): Trial {
  const whole = misses.map(miss => ({
    id: 'a/b:5.0',
    verdict: 'fail' as const,
    statements: [],
    own: false,
    reason: '',
    ...miss,
  }))
  return { ...emptyTrial(flaw.name), ran: 9, misses: whole, tookMs: 1 }
}

t.test('what became of a flaw', async t => {
  const fate = (of: Flaw, ...misses: Partial<Miss>[]) => outcomeOf(of, trialOf(...misses)).fate
  t.equal(fate(flaw), 'survived')
  t.equal(fate(flaw, {}), 'unrelated')
  t.equal(fate(flaw, {}, { own: true }), 'killed')
  t.equal(fate(flaw, { own: true, verdict: 'inconclusive' }), 'survived', 'no verdict, no kill')
  t.equal(fate(flaw, { own: true, verdict: 'warn' }), 'survived', 'a MUST must fail')
  t.equal(fate({ ...flaw, warns: true }, { own: true, verdict: 'warn' }), 'killed')
  t.equal(fate({ ...flaw, invisible: 'nobody sees it' }, { own: true }), 'invisible')
  t.equal(outcomeOf(flaw, { ...trialOf(), problem: 'no answer' }).fate, 'refused')
})

t.test('the score counts what can be seen, and scenarios what they killed', async t => {
  const outcomes = [
    outcomeOf(flaw, trialOf({ own: true }, { id: 'a/b:5.0:x=1', own: true })),
    outcomeOf({ ...flaw, name: 'y' }, trialOf({})),
    outcomeOf({ ...flaw, name: 'z', invisible: 'so' }, trialOf()),
  ]
  t.equal(
    scoreLine(outcomes),
    '3 flaws: 1 killed, 1 by an unrelated clause, 1 invisible, 0 survived – 50.0 %',
  )
  t.same(killsOf(outcomes, ['a/b', 'a/c']), { 'a/b': 1, 'a/c': 0 }, 'not by a foreign statement')
})

t.test('what is known of kills grows, and goes with a flaw that is not killed', async t => {
  const own = ['a/b:5.0', 'a/b:3.1.1', 'a/c:5.0'].map(id => ({ id, own: true }))
  const known = (...misses: Partial<Miss>[]) =>
    killedByOf([outcomeOf(flaw, trialOf(...misses))], { [flaw.name]: ['a/c:3.1.1', 'a/e:5.0'] })
  t.same(known(...own, { id: 'a/d:5.0' }), { [flaw.name]: ['a/b:5.0', 'a/c:5.0', 'a/e:5.0'] })
  t.same(known({ id: 'a/d:5.0' }), {}, 'a flaw that was not killed is searched anew')
  t.same(
    killCounts({ x: ['a/b:5.0'], y: ['a/b:5.0', 'a/c:5.0', 'a/gone:5.0'] }, ['a/b', 'a/c', 'a/d']),
    {
      'a/b': 2,
      'a/c': 1,
      'a/d': 0,
    },
  )
})

t.test('of what killed before, each flaw and each scenario is played once', async t => {
  const [heavy] = cases.broker.filter(isHeavy)
  const light = oneOfEach(cases.broker.filter(kase => !isHeavy(kase) && !isSlow(kase)))
  const [a, b, c] = light.filter(({ version }) => version === '5.0').map(({ id }) => id)
  const first = (known: KilledBy) => playedFirst(known, cases.broker)
  t.same(first({ x: [heavy!.id, a!], y: [a!, b!] }), { x: [a, heavy!.id], y: [a, b] })
  t.same(first({ x: [a!, b!, c!], y: [b!] }), { x: [a, c], y: [b] }, 'nothing twice')
  t.same(first({ x: ['gone/gone:5.0', a!] }), { x: [a] }, 'a case that is no more is left out')
})

t.test('the flaws of the zoo are killed in a second setting, too', { timeout: 60_000 }, async t => {
  const visible = flaws.find(({ name }) => name === 'broker-pubrel-flags-zero')!
  const trial = await tryFlaw(visible, cases.broker, killedBy[visible.name]?.slice(0, 1))
  t.match(trial.elsewhere, /^broker, /)
})

t.test('what killed a flaw before comes first, and the search goes on behind it', async t => {
  const [some] = flaws.filter(({ peer }) => peer === 'broker')
  const fitting = cases.broker.filter(({ version }) => some!.versions.includes(version))
  const last = fitting.at(-1)!
  const [again, ...others] = stagesFor(some!, cases.broker, [last.id])
  t.same(again, [last])
  t.ok(others.flat().length > 100)
  t.notOk(others.flat().includes(last), 'nothing is played twice')
})

t.test('a sample is the same for the same seed', async t => {
  const names = (seed: number) => sampleOf(flaws, 5, seed).map(({ name }) => name)
  t.same(names(7), names(7))
  t.notSame(names(7), names(8))
})

t.test('loops count as often as they run', async t => {
  const [kase] = cases.broker.filter(({ id }) =>
    id.startsWith('session/offline-queue/five-hundred'),
  )
  t.ok(kase && stepCount(kase.steps) > 500)
})

t.test('a scenario that is said to be a remark judges nothing above MAY', async t => {
  const remarks = [...cases.broker, ...cases.client].filter(({ id }) =>
    barrenReason(scenarioOf(id)),
  )
  t.ok(remarks.length > 30, `${remarks.length} cases`)
  for (const { id, steps } of remarks) {
    const above = [...JSON.stringify(steps).matchAll(/"as":"check","level":"(MUST|SHOULD)"/g)]
    t.same(above, [], id)
  }
})

t.test('settings that play what waits are settings of both roles', async t => {
  const waiting = settings.filter(playsSlowCases)
  t.equal(waiting.filter(({ peer }) => peer === 'broker').length, 5)
  t.equal(waiting.filter(({ peer }) => peer === 'client').length, 5)
  t.ok(
    cases.broker.some(kase => isSlow(kase)) && cases.client.some(kase => isSlow(kase)),
    'both have cases that wait',
  )
})
