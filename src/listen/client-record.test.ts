import t from 'tap'
import type { Packet } from '../model/packet.ts'
import { encode } from '../wire/codec.ts'
import { ClientRecord } from './client-record.ts'
import { FindingTexts } from './rooms.ts'

t.test('the secrets of a client that is given up are no longer held', t => {
  const record = new ClientRecord({
    version: '3.1.1',
    allowance: { leftBytes: 0 },
    texts: new FindingTexts(),
    onEvent: () => undefined,
    onFinding: () => undefined,
  })
  const on = { connection: 1, actor: 'broker' } as const
  record.record({ kind: 'open', ...on, by: 'target', version: '3.1.1' })
  const before = record.heldBytes
  const packet: Packet = {
    type: 'CONNECT',
    protocolName: 'MQTT',
    protocolLevel: 4,
    clientId: 'c',
    clean: true,
    keepAliveS: 60,
    username: 'somebody',
    password: Buffer.alloc(60_000, 'p'),
    properties: {},
  }
  record.record({ kind: 'packet', ...on, from: 'target', packet, bytes: encode(packet, '3.1.1') })
  t.ok(record.heldBytes >= before + 60_000, `${record.heldBytes} bytes`)
  record.letGo()
  t.ok(record.heldBytes <= before + 1000, `${record.heldBytes} bytes`)
  t.end()
})
