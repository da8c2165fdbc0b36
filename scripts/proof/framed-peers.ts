import type { BrokerOptions } from '../../fixtures/testing/peers/broker.ts'
import type { ClientOptions } from '../../fixtures/testing/peers/client.ts'
import {
  type FrameRules,
  frontOf,
  standardFrameRules,
  wayTo,
} from '../../fixtures/testing/peers/websocket.ts'
import type { Case } from '../../src/scenario/ast.ts'
import type { BrokerTarget, ClientTarget } from '../../src/targets/target.ts'
import { dial } from '../../src/transport/dial.ts'
import { brokerTarget, clientTarget } from './peers.ts'

/** The cases about frames, over a WebSocket. */
export function overWebSocket(cases: readonly Case[]): Case[] {
  return cases
    .filter(({ suite }) => suite.startsWith('websocket/'))
    .map(kase => ({ ...kase, transport: 'ws' }))
}

/** The reference broker behind a WebSocket that keeps these rules. */
export async function framedBroker(
  changed: Partial<FrameRules>,
  options: BrokerOptions = {},
): Promise<BrokerTarget> {
  const plain = await brokerTarget('reference', () => options)
  const front = await frontOf(Number(new URL(plain.address).port), {
    ...standardFrameRules,
    ...changed,
  })
  const where = { transport: 'ws', host: '127.0.0.1', port: front.port } as const
  const { restart: _, instance: __, ...rest } = plain
  return {
    ...rest,
    transports: ['ws'],
    dial: timeoutMs => dial(where, { timeoutMs }),
    stop: async () => {
      front.close()
      await plain.stop()
    },
  }
}

/** The reference client, which reaches us through a WebSocket that keeps these rules. */
export async function framedClient(
  changed: Partial<FrameRules>,
  options: ClientOptions = {},
): Promise<ClientTarget> {
  const plain = await clientTarget('reference', () => options)
  const ways: { close(): void }[] = []
  return {
    ...plain,
    can: [...plain.can, 'websocket'],
    stop: async () => {
      for (const way of ways) way.close()
      await plain.stop()
    },
    async open(name) {
      const app = await plain.open(name)
      return {
        ...app,
        async command(word, fields) {
          if (word !== 'connect') return app.command(word, fields)
          const { host, port, websocket, ...others } = fields
          const url = `ws://${host}:${port}${(websocket as { path: string }).path}`
          const way = await wayTo(url, { ...standardFrameRules, ...changed })
          ways.push(way)
          return app.command(word, { ...others, host: '127.0.0.1', port: way.port })
        },
      }
    },
  }
}
