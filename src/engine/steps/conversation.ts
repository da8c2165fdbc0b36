import { isFraming } from '../../model/framing.ts'
import type { ConversationBodies } from '../../scenario/verbs/conversation.ts'
import { Skipped } from '../early-end.ts'
import { expectNext } from '../packets/expect-next.ts'
import { reauthenticate } from './authenticate.ts'
import { accept, connect, openStream, refuse } from './dial.ts'
import { bytes, lose } from './faults.ts'
import type { Runners } from './runner.ts'
import {
  disconnect,
  needOpen,
  ping,
  publish,
  receive,
  sendStep,
  subscribe,
  unsubscribe,
} from './traffic.ts'

/** What a fake client or fake broker does when nothing is lost. */
export const conversationRunners: Runners<ConversationBodies> = {
  connect: (scene, body, { actor }) => connect(scene, scene.actor(actor), body),
  open: (scene, _, { actor }) => openStream(scene, scene.actor(actor)),
  accept: (scene, body, { actor }) => accept(scene, scene.actor(actor), body),
  reauthenticate(scene, body, { actor }) {
    needOpen(scene, scene.actor(actor))
    reauthenticate(scene, scene.actor(actor), body)
  },
  disconnect: (scene, body, { actor }) => disconnect(scene, scene.actor(actor), body),
  subscribe: (scene, body, { actor }) => subscribe(scene, scene.actor(actor), body),
  unsubscribe: (scene, body, { actor }) => unsubscribe(scene, scene.actor(actor), body),
  publish: (scene, body, { actor }) => publish(scene, scene.actor(actor), body),
  receive: (scene, body, { actor }) => receive(scene, scene.actor(actor), body),
  send: (scene, body, { actor }) => sendStep(scene, scene.actor(actor), body),
  bytes: (scene, body, { actor }) => bytes(scene, scene.actor(actor), body),
  async expect(scene, { expected, judging }, { actor }) {
    await expectNext(scene, scene.actor(actor), expected, judging)
  },
  lose: (scene, body, { actor }) => lose(scene, scene.actor(actor), body),
  ping: (scene, body, { actor }) => ping(scene, scene.actor(actor), body),
  answers(scene, { answers }, { actor }) {
    scene.actor(actor).auto = answers === 'auto'
  },
  frames(scene, { framing }, { actor }) {
    const name = scene.env.text(framing)
    if (!isFraming(name)) throw new RangeError(`no way to frame is called ${name}`)
    if (scene.actor(actor).need().link.frameBy(name)) return
    throw new Skipped('needs --transport ws or wss')
  },
  refuse: (scene, body, { actor }) => refuse(scene, actor, body),
}
