import type { Packet } from 'mqtt-packet'
import type { Stage } from './board-driver.ts'
import type { Flow } from './sweep.ts'

/** One message each way at QoS 2: small enough to cut the recovery of every cut as well. */
export const shortFlows: Flow[] = [
  {
    name: 'publish one',
    run: async stage => {
      await stage.connect()
      await publish(stage, 'm1')
      await stage.command('ping')
    },
  },
  {
    name: 'receive one',
    run: async stage => {
      await stage.connect()
      stage.send('c1')
      await stage.settled()
    },
  },
]

/** What a device does, in both directions, with and without trouble on the line. */
export const longFlows: Flow[] = [
  {
    name: 'publish, alone and two at once',
    run: async stage => {
      await stage.connect()
      await publish(stage, 'm1')
      await stage.publish('m2')
      await stage.publish('m3')
      await stage.told('m2', 'm3')
      await stage.command('ping')
    },
  },
  {
    name: 'receive two',
    run: async stage => {
      await stage.connect()
      stage.send('c1')
      stage.send('c2')
      await stage.settled()
    },
  },
  {
    name: 'publish more than a slot holds',
    run: async stage => {
      await stage.connect()
      await publish(stage, `large ${'x'.repeat(2000)}`)
      await stage.command('ping')
    },
  },
  {
    name: 'reconnect after each packet was lost',
    run: async stage => {
      await stage.connect()
      cutAt(stage, 'publish')
      await publish(stage, 'm1')
      cutAt(stage, 'pubrel')
      await publish(stage, 'm2')
      cutAt(stage, 'pubrec')
      stage.send('c1')
      await stage.settled()
      cutAt(stage, 'pubcomp')
      stage.send('c2')
      await stage.settled()
    },
  },
]

/** From a flash that no client ever wrote to. */
export const firstFlow: Flow = {
  name: 'first connection',
  run: async stage => {
    await stage.connect()
    await stage.subscribe('in')
    await publish(stage, 'm1')
    stage.send('c1')
    await stage.settled()
  },
}

async function publish(stage: Stage, payload: string): Promise<void> {
  await stage.publish(payload)
  await stage.told(payload)
}

/** The broker dies once, when such a packet comes, before it takes notice of it. */
function cutAt({ broker }: Stage, kind: Packet['cmd']): void {
  broker.hook = packet => {
    if (packet.cmd !== kind) return 'answer'
    broker.hook = () => 'answer'
    return 'cut'
  }
}
