import type { Duplex } from 'node:stream'
import type { Packet } from '../model/packet.ts'
import type { TraceEvent } from '../model/trace.ts'
import { Actor } from './actor.ts'
import { askConnack } from './ask-connack.ts'
import type { MessageAsking } from './ask-message.ts'
import { BudgetTimer } from './budget-timer.ts'
import { connectPacket } from './connect-packet.ts'

/** A message to oneself that is not acknowledged before the connection is cut, and that has to come again when the session is resumed. */
const once = 1
const maxPacketBytes = 64 * 1024

/**
 * How many ms a broker takes to send again what was not acknowledged, from CONNACK on. The standard sets no deadline, and some do it by a
 * timer. Nothing where it does not do so within the budget, or takes no such session. Nothing is thrown.
 */
export async function askResumption(asking: MessageAsking): Promise<number | undefined> {
  const { topic, version, clientId, credentials = {} } = asking
  const left = await converse(asking, (packet, send) => {
    if (packet.type === 'CONNACK' && packet.code === 0) {
      const subscription = { filter: topic, qos: 1, noLocal: false, retainHandling: 0 }
      const subscriptions = [{ ...subscription, retainAsPublished: false }]
      send({ type: 'SUBSCRIBE', id: once, subscriptions, properties: {} })
    } else if (packet.type === 'SUBACK' && packet.codes[0] === 1) {
      const payload = new TextEncoder().encode('again?')
      const message = { topic, qos: 1, id: 2, dup: false, retain: false, payload }
      send({ type: 'PUBLISH', ...message, properties: {} })
    } else if (packet.type === 'PUBLISH') return true
    return packet.type === 'CONNACK' || packet.type === 'SUBACK' || packet.type === 'PUBACK'
      ? undefined
      : false
  })
  if (!left) return undefined
  let resumedAt = 0
  const came = await converse(asking, packet => {
    if (packet.type === 'CONNACK') {
      resumedAt = performance.now()
      return packet.code === 0 && packet.sessionPresent ? undefined : false
    }
    return packet.type === 'PUBLISH' ? true : undefined
  })
  const tookMs = performance.now() - resumedAt
  await askConnack({ ...asking, connect: connectPacket(version, { clientId, credentials }) })
  return came ? tookMs : undefined
}

/** Connects in the session that is kept, and hands each packet on until it is known whether what is asked came. The connection is then cut. */
async function converse(
  { dial, version, clientId, credentials = {}, budgetMs, signal }: MessageAsking,
  take: (packet: Packet, send: (packet: Packet) => void) => boolean | undefined,
): Promise<boolean> {
  const stream: Duplex | undefined = await dial().catch(() => undefined)
  if (!stream) return false
  return new Promise(resolve => {
    let events = 0
    const actor = new Actor({
      name: 'question',
      version,
      plays: 'client',
      clientId,
      recorder: { record: body => Object.assign(body, { seq: events++, at: 0 }) as TraceEvent },
      maxPacketBytes,
      nextConnection: () => 1,
      changed: () => look(),
    })
    actor.auto = false
    const finish = (came: boolean) => {
      timer.stop()
      signal?.removeEventListener('abort', giveUp)
      actor.destroy()
      resolve(came)
    }
    const giveUp = () => finish(false)
    const timer = new BudgetTimer(budgetMs, giveUp)
    signal?.addEventListener('abort', giveUp, { once: true })
    function look(): void {
      for (let next = actor.inbox.shift(); next; next = actor.inbox.shift()) {
        const came = take(next.packet, packet => actor.send(packet))
        if (came !== undefined) return finish(came)
      }
      if (!actor.connected) finish(false)
    }
    const conversation = actor.attach(stream)
    const properties = version === '5.0' ? { sessionExpiryInterval: 60 } : {}
    conversation.send(connectPacket(version, { clientId, clean: false, credentials, properties }))
    if (signal?.aborted) giveUp()
  })
}
