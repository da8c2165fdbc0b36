import { given, hasEnded } from './packets/expect-next.ts'
import type { Scene } from './scene.ts'
import { connect } from './steps/dial.ts'
import { subscribe } from './steps/traffic.ts'

/** Where most brokers keep their name and version, as a retained message. */
const topic = '$SYS/broker/version'

/** What a broker says that it is: `mosquitto version 2.0.18`. Undefined where it says nothing, or does not let us ask. */
export async function askProduct(scene: Scene): Promise<string | undefined> {
  const asker = scene.actor('asker')
  await connect(scene, asker, {
    verb: 'connect',
    session: 'fresh',
    answers: 'auto',
    fields: {},
    judging: given,
  })
  await subscribe(scene, asker, {
    verb: 'subscribe',
    subscriptions: [{ kind: 'map', map: { filter: topic, qos: 0 } }],
    fields: {},
    judging: given,
  })
  // What is retained comes before the answer to what was asked behind SUBSCRIBE; where it does not, it may be left out.
  asker.send({ type: 'PINGREQ' })
  const told = await scene.until(() => {
    const types = asker.inbox.map(({ packet }) => packet)
    const version = types.find(packet => packet.type === 'PUBLISH' && packet.topic === topic)
    return version ?? (hasEnded(asker) ? 'ended' : types.find(({ type }) => type === 'PINGRESP'))
  }, scene.budgets.replyMs)
  if (typeof told !== 'object' || told.type !== 'PUBLISH') return undefined
  return Buffer.from(told.payload).toString('utf8').replace(/\s+/g, ' ').trim().slice(0, 100)
}
