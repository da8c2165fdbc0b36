import type { Duplex } from 'node:stream'
import type { TraceEvent } from '../model/trace.ts'
import type { Version } from '../model/version.ts'
import { Actor } from './actor.ts'
import { askConnack } from './ask-connack.ts'
import { BudgetTimer } from './budget-timer.ts'
import { type Credentials, connectPacket } from './connect-packet.ts'

/** `refused`: the target takes no such message, or ended the connection. */
export type MessageAsked = 'came' | 'refused' | 'silence'

export type MessageAsking = {
  dial(): Promise<Duplex>
  version: Version
  /** That nobody else uses: a session is kept under it while the question lasts. */
  clientId: string
  topic: string
  credentials?: Credentials
  budgetMs: number
  signal?: AbortSignal
}

const maxPacketBytes = 64 * 1024

/**
 * Sends one QoS 2 message to itself through a session that is kept, as the cases do: a broker whose store is slow is quick with CONNECT and
 * slow with that. The session is ended after. Nothing is thrown.
 */
export async function askMessage(asking: MessageAsking): Promise<MessageAsked> {
  const { version, clientId, credentials = {}, dial } = asking
  let stream: Duplex
  try {
    stream = await dial()
  } catch {
    return 'refused'
  }
  const outcome = await exchange(stream, asking)
  // Before 5.0 a session is ended only by connecting again.
  if (outcome === 'came' && version !== '5.0') {
    const connect = connectPacket(version, { clientId, credentials })
    await askConnack({ ...asking, connect })
  }
  return outcome
}

function exchange(stream: Duplex, asking: MessageAsking): Promise<MessageAsked> {
  const { version, clientId, topic, credentials = {}, budgetMs, signal } = asking
  return new Promise(resolve => {
    let events = 0
    let flow: { state: string } | undefined
    let came = false
    const actor = new Actor({
      name: 'question',
      version,
      plays: 'client',
      clientId,
      recorder: {
        record: body => Object.assign(body, { seq: events++, at: 0 }) as TraceEvent,
      },
      maxPacketBytes,
      nextConnection: () => 1,
      changed: () => look(),
    })
    const finish = (outcome: MessageAsked) => {
      timer.stop()
      signal?.removeEventListener('abort', giveUp)
      const { conversation } = actor
      if (outcome === 'came' && conversation?.open) {
        const properties = version === '5.0' ? { sessionExpiryInterval: 0 } : {}
        conversation.send({ type: 'DISCONNECT', code: 0, properties })
        conversation.link.fin()
      } else actor.destroy()
      resolve(outcome)
    }
    const giveUp = () => finish('silence')
    const timer = new BudgetTimer(budgetMs, giveUp)
    signal?.addEventListener('abort', giveUp, { once: true })

    function look(): void {
      for (let next = actor.inbox.shift(); next; next = actor.inbox.shift()) {
        const { packet } = next
        if (packet.type === 'CONNACK') {
          if (packet.code !== 0) return finish('refused')
          const subscription = { filter: topic, qos: 2, noLocal: false, retainHandling: 0 }
          const subscriptions = [{ ...subscription, retainAsPublished: false }]
          actor.send({ type: 'SUBSCRIBE', id: 1, subscriptions, properties: {} })
        } else if (packet.type === 'SUBACK') {
          if (packet.codes[0] !== 2) return finish('refused')
          const payload = new TextEncoder().encode('slow?')
          const message = { topic, qos: 2, id: 2, dup: false, retain: false, payload }
          flow = actor.begin({ type: 'PUBLISH', ...message, properties: {} })
        } else if (packet.type === 'PUBLISH') came = true
      }
      if (came && flow?.state === 'done') return finish('came')
      if (!actor.connected) finish('refused')
    }

    const conversation = actor.attach(stream)
    const properties = version === '5.0' ? { sessionExpiryInterval: 60 } : {}
    conversation.send(connectPacket(version, { clientId, clean: false, credentials, properties }))
    if (signal?.aborted) giveUp()
  })
}
