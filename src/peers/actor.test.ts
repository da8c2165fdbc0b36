import t from 'tap'
import { duplexPair } from '../../fixtures/testing/peers/duplex-pair.ts'
import type { TraceBody } from '../model/trace.ts'
import { Actor } from './actor.ts'

t.test('a fake broker answers nothing behind its DISCONNECT', async t => {
  const [ours, theirs] = duplexPair()
  const trace: TraceBody[] = []
  let heard: () => void = () => undefined
  const actor = new Actor({
    name: 'broker',
    version: '5.0',
    plays: 'server',
    clientId: 'c',
    recorder: { record: event => ({ ...event, seq: trace.push(event), at: 0 }) },
    maxPacketBytes: 1024,
    nextConnection: () => 1,
    changed: () => heard(),
  })
  actor.attach(ours)
  const readOn = async (bytes: number[]) => {
    const read = new Promise<void>(resolve => {
      heard = resolve
    })
    theirs.write(Uint8Array.from(bytes))
    await read
  }
  await readOn([0x10, 0x0e, 0x00, 0x04, 0x4d, 0x51, 0x54, 0x54, 5, 2, 0, 60, 0, 0, 1, 0x63])
  actor.send({ type: 'CONNACK', sessionPresent: false, code: 0, properties: {} })
  await readOn([0xc0, 0x00])
  actor.send({ type: 'DISCONNECT', code: 0x8b, properties: {} })
  await readOn([0xc0, 0x00])
  const sent = trace.flatMap(event =>
    event.kind === 'packet' && event.from === 'harness' ? [event.packet.type] : [],
  )
  t.same(sent, ['CONNACK', 'PINGRESP', 'DISCONNECT'])
  actor.destroy()
})
