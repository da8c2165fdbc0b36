import { setTimeout as wait } from 'node:timers/promises'
import t from 'tap'
import type { Packet } from '../model/packet.ts'
import { ServerKeepAlive } from './server-keep-alive.ts'

const connect = (keepAliveS: number): Packet => ({
  type: 'CONNECT',
  protocolName: 'MQTT',
  protocolLevel: 5,
  clientId: 'c',
  clean: true,
  keepAliveS,
  properties: {},
})
const connack = (serverKeepAlive?: number): Packet => ({
  type: 'CONNACK',
  sessionPresent: false,
  code: 0,
  properties: serverKeepAlive === undefined ? {} : { serverKeepAlive },
})

/** How many PINGREQs go out within the first interval of a second. */
async function pings(askedS: number, told?: number): Promise<number> {
  let sent = 0
  const keepAlive = new ServerKeepAlive(() => {
    sent += 1
    keepAlive.sent({ type: 'PINGREQ' })
  })
  keepAlive.sent(connect(askedS))
  keepAlive.takes(connack(told))
  await wait(700)
  keepAlive.stop()
  return sent
}

t.test('a told keep alive that is shorter than what was asked for is kept to', async t => {
  t.same(await Promise.all([pings(600, 1), pings(0, 1)]), [1, 1])
})

t.test('a scenario that asked for no more is silent by itself', async t => {
  t.same(await Promise.all([pings(1, 1), pings(2, 1), pings(1), pings(600)]), [0, 0, 0, 0])
})

t.test('only the answer to a PINGREQ of its own is taken from the scenario', async t => {
  const keepAlive = new ServerKeepAlive(() => keepAlive.sent({ type: 'PINGREQ' }))
  keepAlive.sent(connect(600))
  keepAlive.takes(connack(1))
  keepAlive.sent({ type: 'PINGREQ' })
  await wait(600)
  keepAlive.stop()
  t.notOk(keepAlive.takes({ type: 'PINGRESP' }), 'the first is the scenario’s')
  t.ok(keepAlive.takes({ type: 'PINGRESP' }), 'the second is not')
  t.notOk(keepAlive.takes({ type: 'PINGRESP' }), 'a third answers nothing')
})
