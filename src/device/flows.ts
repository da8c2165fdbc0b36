import type { Packet } from '../model/packet.ts'
import type { BoardDriver } from './board-driver.ts'
import type { Flow } from './sweep.ts'

/** One message each way at QoS 2: small enough to cut the recovery of every cut as well. */
export const shortFlows: Flow[] = [
  {
    name: 'publish one',
    run: async driver => {
      await driver.connect()
      await publish(driver, 'm1')
      await driver.command('ping')
    },
  },
  {
    name: 'receive one',
    run: async driver => {
      await driver.connect()
      driver.send('c1')
      await driver.settled()
    },
  },
]

/** What a device does, in both directions, with and without trouble on the line. */
export const longFlows: Flow[] = [
  {
    name: 'publish, alone and two at once',
    run: async driver => {
      await driver.connect()
      await publish(driver, 'm1')
      await driver.publish('m2')
      await driver.publish('m3')
      await driver.told('m2', 'm3')
      await driver.command('ping')
    },
  },
  {
    name: 'receive two',
    run: async driver => {
      await driver.connect()
      driver.send('c1')
      driver.send('c2')
      await driver.settled()
    },
  },
  {
    name: 'publish more than a slot holds',
    run: async driver => {
      await driver.connect()
      await publish(driver, `large ${'x'.repeat(2000)}`)
      await driver.command('ping')
    },
  },
  {
    name: 'reconnect after each packet was lost',
    run: async driver => {
      await driver.connect()
      cutAt(driver, 'PUBLISH')
      await publish(driver, 'm1')
      cutAt(driver, 'PUBREL')
      await publish(driver, 'm2')
      cutAt(driver, 'PUBREC')
      driver.send('c1')
      await driver.settled()
      cutAt(driver, 'PUBCOMP')
      driver.send('c2')
      await driver.settled()
    },
  },
]

/** From a flash that no client ever wrote to. */
export const firstFlow: Flow = {
  name: 'first connection',
  run: async driver => {
    await driver.connect()
    await driver.subscribe('in')
    await publish(driver, 'm1')
    driver.send('c1')
    await driver.settled()
  },
}

async function publish(driver: BoardDriver, payload: string): Promise<void> {
  await driver.publish(payload)
  await driver.told(payload)
}

/** The broker dies once, when such a packet comes, before it takes notice of it. */
function cutAt({ broker }: BoardDriver, type: Packet['type']): void {
  broker.hook = packet => {
    if (packet.type !== type) return 'answer'
    broker.hook = () => 'answer'
    return 'cut'
  }
}
