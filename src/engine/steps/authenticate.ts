import type { Connect } from '../../model/packet.ts'
import { type Actor, reauthPacket } from '../../peers/actor.ts'
import { beginExchange } from '../../peers/authentication/exchange.ts'
import type { StepBody } from '../../scenario/ast.ts'
import { Skipped } from '../early-end.ts'
import { Fields } from '../packets/build-packet.ts'
import type { Scene } from '../scene.ts'

/** A CONNECT that begins an enhanced authentication; the actor answers what is asked from then on. Source: 5.0 §4.12. */
export function authenticating(
  scene: Scene,
  actor: Actor,
  how: 'right' | 'wrong',
  packet: Connect,
): Connect {
  const exchange = begun(scene, how)
  actor.authentication = exchange
  const own = { authenticationMethod: exchange.method, authenticationData: exchange.first() }
  return { ...packet, properties: { ...own, ...packet.properties } }
}

/** On an open connection: AUTH with the code that begins anew, with the method of CONNECT unless the scenario says another. */
export function reauthenticate(
  scene: Scene,
  actor: Actor,
  { auth, properties }: StepBody<'reauthenticate'>,
): void {
  const exchange = begun(scene, auth)
  actor.authentication = exchange
  const packet = reauthPacket(exchange)
  if (packet.type !== 'AUTH') return
  const others = new Fields(properties, scene.env).properties()
  actor.send({ ...packet, properties: { ...packet.properties, ...others } })
}

function begun(scene: Scene, how: 'right' | 'wrong') {
  const { auth } = scene.broker().profile
  if (!auth) throw new Skipped('needs enhanced-auth: the profile has no "auth"')
  return beginExchange(auth, how)
}
