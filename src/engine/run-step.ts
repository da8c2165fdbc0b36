import type { Step } from '../scenario/ast.ts'
import { CheckFailed } from './early-end.ts'
import { expectNext } from './expect-next.ts'
import { fence } from './fence.ts'
import type { Scene } from './scene.ts'
import * as app from './steps/app.ts'
import * as control from './steps/control.ts'
import * as device from './steps/device.ts'
import * as dial from './steps/dial.ts'
import * as loss from './steps/loss.ts'
import * as proxy from './steps/proxy.ts'
import * as traffic from './steps/traffic.ts'

/** Runs steps in order, writing each into the trace. Ends early by CheckFailed, Inconclusive or Skipped. */
export async function runSteps(scene: Scene, steps: Step[]): Promise<void> {
  for (const step of steps) {
    if (scene.signal.aborted) return
    scene.place = step.place
    const { actor, text, place } = step
    const index = place.line
    scene.log.record(
      actor === undefined
        ? { seq: 0, at: 0, kind: 'step', index, text, place }
        : { seq: 0, at: 0, kind: 'step', index, text, place, actor },
    )
    await runStep(scene, step)
    serious(scene)
  }
}

/** A breach of a MUST that a judge saw ends the case: what follows would only repeat it. */
function serious(scene: Scene): void {
  const finding = scene.findings.find(found => found.level === 'MUST' && !found.about)
  if (finding) throw new CheckFailed(finding)
}

async function runStep(scene: Scene, step: Step): Promise<unknown> {
  const { body, actor = '' } = step
  switch (body.verb) {
    case 'connect':
      return dial.connect(scene, scene.actor(actor), body)
    case 'open':
      return dial.openStream(scene, scene.actor(actor))
    case 'accept':
      return dial.accept(scene, scene.actor(actor), body)
    case 'disconnect':
      return traffic.disconnect(scene, scene.actor(actor), body)
    case 'subscribe':
      return traffic.subscribe(scene, scene.actor(actor), body)
    case 'unsubscribe':
      return traffic.unsubscribe(scene, scene.actor(actor), body)
    case 'publish':
      return traffic.publish(scene, scene.actor(actor), body)
    case 'receive':
      return traffic.receive(scene, scene.actor(actor), body)
    case 'send':
      return traffic.sendStep(scene, scene.actor(actor), body)
    case 'bytes':
      return loss.bytes(scene, scene.actor(actor), body)
    case 'expect':
      return expectNext(scene, scene.actor(actor), body.expected, body.judging)
    case 'lose':
      return loss.lose(scene, scene.actor(actor), body)
    case 'ping':
      return traffic.ping(scene, scene.actor(actor), body)
    case 'answers':
      scene.actor(actor).auto = body.answers === 'auto'
      return
    case 'hold':
      return loss.hold(scene, scene.actor(actor), body)
    case 'release':
      return loss.release(scene, scene.actor(actor), body)
    case 'delay':
      return loss.delay(scene, scene.actor(actor), body)
    case 'duplicate':
      return loss.duplicate(scene, scene.actor(actor), body)
    case 'reorder':
      return loss.reorder(scene, scene.actor(actor), body)
    case 'split':
      return loss.split(scene, scene.actor(actor), body)
    case 'coalesce':
      return loss.coalesce(scene, scene.actor(actor), body)
    case 'truncate':
      return loss.truncate(scene, scene.actor(actor), {
        packet: body.packet,
        ...(body.keep === undefined ? {} : { keepBytes: scene.env.number(body.keep) }),
        ...(body.drop === undefined ? {} : { dropBytes: scene.env.number(body.drop) }),
      })
    case 'cut':
      return loss.cut(scene, scene.actor(actor), body)
    case 'stall':
      return loss.stall(scene, scene.actor(actor))
    case 'resume':
      return loss.resume(scene, scene.actor(actor))
    case 'refuse':
      return dial.refuse(scene, actor, body)
    case 'proxy.accept':
      return proxy.accept(scene, scene.proxy(actor), body)
    case 'proxy.expect':
      return proxy.expect(scene, scene.proxy(actor), body)
    case 'proxy.fault':
      return proxy.fault(scene, scene.proxy(actor), body)
    case 'proxy.struck':
      return proxy.struck(scene, scene.proxy(actor), body)
    case 'proxy.cut':
      return proxy.cut(scene, scene.proxy(actor), body)
    case 'proxy.release':
      return proxy.release(scene, scene.proxy(actor), body)
    case 'proxy.stall':
    case 'proxy.resume':
      return proxy.stall(scene, scene.proxy(actor), body)
    case 'app.connect':
      return app.appConnect(scene, await app.appOf(scene, step.actor ?? 'app'), body)
    case 'app.publish':
      return app.appCommand(
        scene,
        await app.appOf(scene, step.actor ?? 'app'),
        'publish',
        body.fields,
      )
    case 'app.subscribe':
      return app.appCommand(
        scene,
        await app.appOf(scene, step.actor ?? 'app'),
        'subscribe',
        body.fields,
      )
    case 'app.unsubscribe':
      return app.appCommand(
        scene,
        await app.appOf(scene, step.actor ?? 'app'),
        'unsubscribe',
        body.fields,
      )
    case 'app.disconnect':
      return app.appCommand(
        scene,
        await app.appOf(scene, step.actor ?? 'app'),
        'disconnect',
        body.fields,
      )
    case 'app.reconnect':
      return app.appReconnect(scene, await app.appOf(scene, step.actor ?? 'app'))
    case 'app.ping':
      return (await app.appOf(scene, step.actor ?? 'app')).nonce(scene)
    case 'app.expect':
      return app.appExpect(scene, await app.appOf(scene, step.actor ?? 'app'), body)
    case 'target.restart':
      return control.restart(scene, body)
    case 'target.sweep':
      return device.sweep(scene, body)
    case 'target.play':
      return device.play(scene, body)
    case 'target.power-cut':
      return device.powerCut(scene, body)
    case 'target.link':
      return device.link(scene, body)
    case 'target.advance':
      return device.advance(scene, body)
    case 'target.flash':
      return device.flash(scene, body)
    case 'fence':
      return fence(scene, body)
    case 'together':
      return control.together(scene, body)
    case 'oneOf':
      return control.oneOf(scene, body, runSteps)
    case 'each':
      return control.each(scene, body, runSteps)
    case 'repeat':
      return control.repeat(scene, body, runSteps)
    case 'elapse':
      return control.elapse(scene, body)
  }
}
