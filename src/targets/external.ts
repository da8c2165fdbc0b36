import { type Address, showAddress } from '../transport/address.ts'
import { dial } from '../transport/dial.ts'
import { waitUntilReady } from './process/ready.ts'
import type { Profile } from './profile.ts'
import { addressesOf, addressFor, type Reach } from './reach.ts'
import type { BrokerTarget } from './target.ts'
import { TargetError } from './target-error.ts'

/** A broker that somebody else runs. Rejects with TargetError where it cannot be reached. */
export async function externalBroker(
  profile: Profile,
  address: Address,
  options: { connectMs: number; replyMs: number; here: string; reach?: Reach; described?: false },
): Promise<BrokerTarget> {
  const { username, password } = address
  const { connectMs, replyMs, here, reach = {} } = options
  const addresses = await addressesOf(address, { profile, here, variables: { here }, reach })
  const target: BrokerTarget = {
    role: 'broker',
    name: profile.name,
    address: showAddress(address),
    profile,
    ...(options.described === false ? { described: false as const } : {}),
    credentials: {
      ...(username === undefined ? {} : { username }),
      ...(password === undefined ? {} : { password }),
    },
    transports: addresses.map(({ transport }) => transport),
    dial: (timeoutMs, transport) => dial(addressFor(addresses, transport), { timeoutMs }),
    death: () => undefined,
    stop: async () => undefined,
  }
  for (const one of addresses) {
    const problem = await waitUntilReady({
      dial: () => target.dial(connectMs, one.transport),
      version: profile.versions.includes('3.1.1') ? '3.1.1' : (profile.versions[0] ?? '3.1.1'),
      credentials: target.credentials,
      budgetMs: Math.max(connectMs, replyMs),
      gaveUp: () => undefined,
    })
    if (problem === undefined) continue
    throw new TargetError(
      'TARGET_UNREACHABLE',
      `no MQTT broker answers at ${showAddress(one)}: ${problem}; check that it runs, the port, and whether it wants a user and password`,
    )
  }
  return target
}
