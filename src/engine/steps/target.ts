import { inOneLine } from '../../model/text/in-one-line.ts'
import type { Judging, StepBody, StepVerb } from '../../scenario/ast.ts'
import type { TargetBodies } from '../../scenario/verbs/target.ts'
import { TargetError } from '../../targets/target-error.ts'
import type { AppActor } from '../actors/app-actor.ts'
import { Skipped } from '../early-end.ts'
import { hasEnded } from '../packets/expect-next.ts'
import type { Scene } from '../scene.ts'
import { unlessAborted } from '../waiting/unless-aborted.ts'
import type { Runners } from './runner.ts'

type Body<V extends StepVerb> = StepBody<V>

/** What befalls a target as a whole, or a board: its power, its network, its flash, its time. The boards of a case are those of its applications. */
export const targetRunners: Runners<TargetBodies> = {
  'target.restart': restart,
  'target.power-cut': powerCut,
  'target.link': link,
  'target.advance': advance,
  'target.flash': flash,
  'target.long-run': longRun,
  'target.sweep': sweep,
}

/** Of the board's time, for one command. */
const advanceMsMax = 10_000
const must: Judging = { as: 'check', level: 'MUST' }

/** Stops the case's own instance of the target and starts it again with the same data. */
async function restart(scene: Scene, body: Body<'target.restart'>): Promise<void> {
  const broker = scene.broker()
  if (!broker.restart) throw new Skipped('not drivable: we cannot restart this target')
  const how = scene.env.text(body.how) === 'kill' ? 'kill' : 'term'
  scene.log.record({ kind: 'fault', actor: 'target', fault: { kind: 'restart', how } })
  scene.log.record({ kind: 'restart', phase: 'down', how })
  await unlessAborted(broker.restart(how), scene.signal).catch(error => {
    const failed = error instanceof TargetError && error.code === 'TARGET_NOT_BACK'
    // No statement says that a server lives on; its profile does.
    if (!failed || !broker.profile.durable) throw error
    scene.miss(must, {
      message: `The target does not serve again after ${how.toUpperCase()}`,
      expected: 'a broker that serves on the data it had',
      got: inOneLine(error.message),
    })
  })
  await scene.until(
    () => [...scene.actors.values()].every(hasEnded) || undefined,
    scene.budgets.replyMs,
  )
  scene.log.record({ kind: 'restart', phase: 'up', how })
}

/** Cuts a board's power at every point of a flow; a point after which a message is lost or doubled is a finding. */
async function sweep(scene: Scene, body: Body<'target.sweep'>): Promise<void> {
  if (!scene.boardChecks) throw new Skipped('not drivable: the power of this target cannot be cut')
  const flow = scene.env.text(body.flow)
  const outcome = await unlessAborted(
    scene.boardChecks.sweep({ flow, twice: body.twice }),
    scene.signal,
  )
  const { cuts, socketOps, commits, failures, notReached } = outcome
  const text = `${cuts} power cuts at ${socketOps} socket operations and ${commits} flash commits`
  scene.powerCuts += cuts
  note(scene, `${text}${notReached ? `, ${notReached} not reached` : ''}`)
  const [first] = failures
  if (!first && cuts > 0) return
  scene.miss(body.judging, {
    message: `${failures.length} of ${cuts} power cuts during ${flow} do not end in exactly once`,
    expected: `every message exactly once after each of ${text}`,
    got: first ? `${first.at}: ${first.problems.join('; ')}` : 'no cut at all',
  })
}

/** Runs the firmware as it ships; what should not have happened is a finding. */
async function longRun(scene: Scene, body: Body<'target.long-run'>): Promise<void> {
  if (!scene.boardChecks) throw new Skipped('not drivable: the time of this target cannot be moved')
  const flow = scene.env.text(body.flow)
  const { seen, problems } = await unlessAborted(scene.boardChecks.longRun({ flow }), scene.signal)
  note(scene, seen)
  if (problems.length === 0) return
  scene.miss(body.judging, {
    message: `the firmware does not stand ${flow}`,
    expected: 'each reading and each command exactly once, and no reset',
    got: problems.join('; '),
  })
}

/** The power goes and comes back. The program starts anew and connects as it did before. */
async function powerCut(scene: Scene, body: Body<'target.power-cut'>): Promise<void> {
  const how = 'kill'
  scene.log.record({ kind: 'fault', actor: 'target', fault: { kind: 'restart', how } })
  scene.log.record({ kind: 'restart', phase: 'down', how })
  const tear = body.tear === undefined ? {} : { tear: scene.env.text(body.tear) }
  for (const app of scene.apps.values()) await tell(app, 'power', tear)
  scene.powerCuts += 1
  scene.log.record({ kind: 'restart', phase: 'up', how })
  for (const app of scene.apps.values()) {
    app.connected = false
    if (app.connectedWith) await app.command('connect', app.connectedWith)
  }
}

async function link(scene: Scene, body: Body<'target.link'>): Promise<void> {
  const state = scene.env.text(body.state)
  note(scene, `link ${state}`, false)
  for (const app of scene.apps.values()) await tell(app, 'link', { up: state === 'up' })
}

async function advance(scene: Scene, body: Body<'target.advance'>): Promise<void> {
  const s = scene.env.number(body.s)
  note(scene, `${s} s pass on the board`, false)
  // In pieces: a command is answered at once, and what a board does in minutes takes a busy machine longer than that.
  for (const app of scene.apps.values()) {
    for (let leftMs = s * 1000; leftMs > 0; leftMs -= advanceMsMax)
      await tell(app, 'advance', { ms: Math.min(leftMs, advanceMsMax) })
  }
}

async function flash(scene: Scene, body: Body<'target.flash'>): Promise<void> {
  const state = scene.env.text(body.state)
  note(scene, `flash ${state}`, false)
  for (const app of scene.apps.values()) await tell(app, 'flash', { full: state === 'full' })
}

/** What only a board can be told; it is no act of the application. */
async function tell(app: AppActor, what: string, fields: { [name: string]: unknown }) {
  const answer = await app.handle.command(what, fields)
  if (!answer.ok) throw new Skipped(`not drivable: the adapter cannot ${what}: ${answer.error}`)
}

function note(scene: Scene, text: string, isResult = true): void {
  if (isResult) scene.notes.push(text)
  scene.log.record({ kind: 'note', text })
}
