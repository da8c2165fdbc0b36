import { listen } from '../listen/server.ts'
import { versions } from '../model/version.ts'
import type { Profile } from '../targets/profile.ts'
import type { BrokerTarget } from '../targets/target.ts'
import { parseAddress } from '../transport/address.ts'
import { dial } from '../transport/dial.ts'
import { type Conversation, type ConversationOptions, converse, type Judged } from './with-proxy.ts'

const host = '127.0.0.1'
const name = 'broker'

/**
 * A correct broker of our own on a free port of the loopback while `use` runs, which loses, holds, repeats or cuts at the packets that are
 * named; then the clients are judged, as `withProxy` does. What `use` rejects with is passed on.
 */
export async function withBroker<T>(
  options: ConversationOptions,
  use: (broker: Conversation) => Promise<T>,
): Promise<Judged<T>> {
  return converse(await ourBroker(), { judge: 'client', ...options }, use)
}

/** The broker that listens to clients which nobody can script, without its programme. */
async function ourBroker(): Promise<BrokerTarget> {
  const listening = await listen({ host, port: 0, versions, pieces: [], replay: () => '' })
  const address = `mqtt://${host}:${listening.port}`
  return {
    role: 'broker',
    name,
    address,
    profile: { name, role: 'broker', versions: [...versions] } as Profile,
    credentials: {},
    transports: ['tcp'],
    dial: timeoutMs => dial(parseAddress(address), { timeoutMs }),
    death: () => undefined,
    stop: async () => void listening.close(),
  }
}
