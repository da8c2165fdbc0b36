import type { Arrived } from '../../peers/actor.ts'
import type { Expected, Judging, Step, StepBody, StepVerb } from '../../scenario/ast.ts'
import { kindOf } from '../../scenario/verbs/index.ts'
import type { SceneBodies } from '../../scenario/verbs/scene.ts'
import {
  endOf,
  firstType,
  hasEnded,
  isUnasked,
  leftBy,
  matchExpected,
  mustAnswer,
  noteSeen,
  wantsClosed,
} from '../packets/expect-next.ts'
import type { Bound } from '../packets/variables.ts'
import type { Scene } from '../scene.ts'
import { endedInstead, sentNothing } from '../wording/absent.ts'
import { dueText } from '../wording/due.ts'
import { packetText } from '../wording/packet-text.ts'
import { wrongPacket } from '../wording/wrong-packet.ts'
import { appExpect, appOf } from './app.ts'
import { noteFault } from './faults.ts'
import { fence } from './fence.ts'
import type { Runners, Running } from './runner.ts'

type Body<V extends StepVerb> = StepBody<V>
type RunSteps = Running['run']

/** What is done with the whole scene. */
export const sceneRunners: Runners<SceneBodies<Step>> = {
  fence,
  together,
  oneOf: (scene, body, { run }) => oneOf(scene, body, run),
  each: (scene, body, { run }) => each(scene, body, run),
  repeat: (scene, body, { run }) => repeat(scene, body, run),
  elapse,
}

async function each(scene: Scene, body: Body<'each'>, run: RunSteps): Promise<void> {
  const before = scene.env.count
  for (const value of body.values) {
    scene.env.bind(body.as, scene.env.plain(value) as Bound)
    await run(scene, body.steps)
    // What a round captured is its own: the next round captures anew.
    scene.env.keepFirst(before)
  }
}

async function repeat(scene: Scene, body: Body<'repeat'>, run: RunSteps): Promise<void> {
  const times = scene.env.number(body.times)
  const before = scene.env.count
  for (let i = 0; i < times; i++) {
    if (scene.signal.aborted) return
    if (body.as) scene.env.bind(body.as, body.from + i)
    await run(scene, body.steps)
    scene.env.keepFirst(before)
  }
}

/** Waits as long as a rule about time demands, and writes down how long and for which. */
async function elapse(scene: Scene, body: Body<'elapse'>): Promise<void> {
  const ms = scene.env.number(body.s) * 1000
  scene.log.record({ kind: 'wait', rule: body.rule, ms })
  const began = scene.log.nowMs
  try {
    await scene.elapse(ms)
  } finally {
    // Whoever was interrupted slept less.
    scene.sleptMs += Math.min(ms, Math.round(scene.log.nowMs - began))
  }
}

/** One thing that a `together` still waits for. */
type Open = { step: Step; actor: string; expected: Expected; judging: Judging; lose: boolean }

/** Every expectation inside must be met, in any order; each packet that comes must be one of them. */
async function together(scene: Scene, body: Body<'together'>): Promise<void> {
  const open = body.steps.flatMap(step => openOf(step))
  const wrong = await scene.until(() => {
    for (const name of new Set(open.map(entry => entry.actor))) {
      const stray = takeAny(scene, name, open)
      if (stray) return { stray, name }
    }
    return open.length === 0 ? 'done' : undefined
  }, scene.budgets.replyMs)
  if (wrong !== 'done') {
    const first = open[0]
    if (!first) return
    const actor = scene.actor(first.actor)
    const due = open.map(entry => dueText(entry.expected, scene.env)).join(' and ')
    if (wrong?.stray) return missedBy(scene, wrong, open, due)
    const ended = hasEnded(actor)
    return scene.miss(first.judging, {
      message: ended ? endedInstead(endOf(actor), due) : sentNothing(due, scene.budgets.replyMs),
      expected: due,
      got: ended ? endOf(actor) : 'nothing more',
      packetType: firstType(first.expected),
      ...(ended ? leftBy(actor) : {}),
    })
  }
  for (const step of body.steps) {
    if (step.body.verb === 'app.expect') {
      await appExpect(scene, await appOf(scene, step.actor ?? 'app'), step.body, true)
    }
  }
}

/** What came instead of one of several packets, held against the one that it is most like. */
function missedBy(
  scene: Scene,
  { stray, name }: { stray: Arrived; name: string },
  open: Open[],
  due: string,
): never {
  const mine = open.filter(entry => entry.actor === name)
  const { type } = stray.packet
  const like = mine.filter(({ expected }) => firstType(expected) === type)
  const nearest = like.length === 1 ? like[0] : undefined
  const mismatches = nearest ? matchExpected(scene, nearest.expected, stray.packet).mismatches : []
  const judging = nearest?.judging ?? mine[0]?.judging ?? mustAnswer
  return scene.miss(judging, {
    message: wrongPacket(stray.packet, mismatches, { type: nearest ? type : undefined, text: due }),
    expected: due,
    got: packetText(stray.packet),
    packetType: nearest ? type : firstType((mine[0] ?? open[0])!.expected),
    ...(nearest ? { fields: mismatches } : {}),
    seq: stray.seq,
  })
}

function openOf(step: Step): Open[] {
  const wanted = kindOf(step.body).expects?.(step.body)
  return wanted?.kind === 'next' ? [{ step, actor: step.actor ?? '', ...wanted }] : []
}

/** Gives each packet of an actor to the first expectation that it meets; returns one that meets none. */
function takeAny(scene: Scene, name: string, open: Open[]): Arrived | undefined {
  const actor = scene.actor(name)
  for (;;) {
    const arrived = actor.inbox[0]
    const mine = open.filter(entry => entry.actor === name)
    if (mine.length === 0) return undefined
    if (!arrived) {
      const closed = mine.find(entry => wantsClosed(entry.expected))
      if (closed && hasEnded(actor)) open.splice(open.indexOf(closed), 1)
      return undefined
    }
    const met = mine
      .map(entry => ({ entry, result: matchExpected(scene, entry.expected, arrived.packet) }))
      .find(({ result }) => result.matched)
    if (!met && !arrived.ignorable && !isUnasked(actor, arrived.packet)) return arrived
    actor.inbox.shift()
    if (!met) continue
    noteSeen(actor, arrived.packet)
    for (const [key, value] of met.result.bindings) scene.env.bind(key, value)
    open.splice(open.indexOf(met.entry), 1)
    if (met.entry.lose) {
      noteFault(scene, actor, { kind: 'lose', seq: arrived.seq, packet: arrived.packet.type })
    }
  }
}

/** Takes the first branch whose first step, an expectation, is met by what comes next. */
async function oneOf(scene: Scene, body: Body<'oneOf'>, run: RunSteps): Promise<void> {
  const heads = body.branches
    .map(branch => branch[0])
    .map(step => (step ? openOf(step)[0] : undefined))
  const name = heads.find(head => head)?.actor
  if (name === undefined) throw new RangeError('oneOf: no branch begins with an expectation')
  const actor = scene.actor(name)
  const branch = await scene.until(() => {
    while (actor.inbox[0]?.ignorable) actor.inbox.shift()
    const arrived = actor.inbox[0]
    if (!arrived && !hasEnded(actor)) return undefined
    return heads.findIndex(head => {
      if (!head) return false
      if (!arrived) return wantsClosed(head.expected)
      return matchExpected(scene, head.expected, arrived.packet).matched
    })
  }, scene.budgets.replyMs)
  const chosen = branch === undefined ? undefined : body.branches[branch]
  if (chosen) return run(scene, chosen)
  const arrived = actor.inbox[0]
  const due = heads.flatMap(head => (head ? [dueText(head.expected, scene.env)] : [])).join(' or ')
  scene.miss(body.judging, {
    message: arrived
      ? wrongPacket(arrived.packet, [], { type: undefined, text: due })
      : hasEnded(actor)
        ? endedInstead(endOf(actor), due)
        : sentNothing(due, scene.budgets.replyMs),
    expected: due,
    got: arrived ? packetText(arrived.packet) : hasEnded(actor) ? endOf(actor) : 'nothing',
    ...(!arrived && hasEnded(actor) ? leftBy(actor) : {}),
    ...(heads[0] ? { packetType: firstType(heads[0].expected) } : {}),
    ...(arrived ? { seq: arrived.seq } : {}),
  })
}
