import { pacingProblem } from '../../model/pauses.ts'
import { versionOfLevel } from '../../model/version.ts'
import type { Actor } from '../../peers/actor.ts'
import type { StepBody } from '../../scenario/ast.ts'
import type { MannersBodies } from '../../scenario/verbs/manners.ts'
import { expectNext, given, packetExpected } from '../packets/expect-next.ts'
import type { Scene } from '../scene.ts'
import { nextDialled } from './dial.ts'
import type { Runners } from './runner.ts'

/** What is good manners of a client and no duty. */
export const mannersRunners: Runners<MannersBodies> = {
  attempts: (scene, body, { actor }) => attempts(scene, scene.actor(actor), body),
}

/** Ends each attempt in the same way, and judges the pauses between the end of one and the beginning of the next. */
async function attempts(scene: Scene, actor: Actor, body: StepBody<'attempts'>): Promise<void> {
  const pausesMs: number[] = []
  let endedAtMs: number | undefined
  for (let left = scene.env.number(body.count); left > 0; left -= 1) {
    const socket = await nextDialled(scene, actor.name)
    if (endedAtMs !== undefined) pausesMs.push(Math.round(scene.log.nowMs - endedAtMs))
    const conversation = actor.attach(socket)
    if (body.by !== 'reset') await answer(scene, actor, body.by)
    if (body.by === 'disconnect') {
      await conversation.link.flush()
      conversation.link.fin()
    } else await conversation.link.rst()
    endedAtMs = scene.log.nowMs
  }
  const told = pausesMs.map(pause => `${pause} ms`).join(', ')
  scene.notes.push(`pauses between attempts to connect: ${told}`)
  const problem = pacingProblem(body.expect, pausesMs)
  if (problem === undefined) return
  scene.miss(body.judging, {
    message: `${problem} between attempts to connect`,
    expected: `${body.expect} (good manners; no statement asks for it)`,
    got: told,
  })
}

/** Reads CONNECT; for `disconnect` it is accepted first, and told that the broker is busy. */
async function answer(scene: Scene, actor: Actor, by: 'no-connack' | 'disconnect'): Promise<void> {
  const wanted = packetExpected({ type: 'CONNECT', fields: {}, place: scene.place })
  const taken = await expectNext(scene, actor, wanted, given)
  if (by !== 'disconnect' || taken.kind !== 'packet') return
  const { packet } = taken.arrived
  if (packet.type !== 'CONNECT') return
  const version = versionOfLevel(packet.protocolLevel) ?? actor.version
  actor.need().speak(version)
  const sessionPresent = !packet.clean && actor.accepted
  actor.send({ type: 'CONNACK', sessionPresent, code: 0, properties: {} })
  actor.accepted = true
  if (version === '5.0') actor.send({ type: 'DISCONNECT', code: serverBusy, properties: {} })
}

const serverBusy = 0x89
