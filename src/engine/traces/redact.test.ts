import t from 'tap'
import type { Packet } from '../../model/packet.ts'
import { hideWills } from '../../model/secrets.ts'
import type { TraceBody } from '../../model/trace.ts'
import { encode } from '../../wire/codec.ts'
import { Redactor } from './redact.ts'

const payload = Buffer.from('my-last-words')
const connect: Packet = {
  type: 'CONNECT',
  protocolName: 'MQTT',
  clientId: 'c',
  clean: true,
  keepAliveS: 60,
  will: { topic: 'w/t', payload, qos: 1, retain: false, properties: {} },
  password: Buffer.from('s3cret-word'),
  username: 'u-name',
  properties: {},
} as unknown as Packet

function shown(redactor: Redactor, packet: Packet): string {
  const bytes = encode(packet, '3.1.1')
  const on = { connection: 1, actor: 'a', from: 'target' } as const
  const body = { kind: 'packet', ...on, packet, bytes } as unknown as TraceBody
  const event = redactor.event(body) as unknown as { packet: Packet; bytes: Uint8Array }
  t.equal(event.bytes.length, bytes.length, 'lengths stay true')
  const values = Object.values(event.packet).map(value =>
    value instanceof Uint8Array ? Buffer.from(value).toString() : JSON.stringify(value),
  )
  const will = 'will' in event.packet ? event.packet.will?.payload : undefined
  return [Buffer.from(event.bytes).toString(), ...values, Buffer.from(will ?? []).toString()].join(
    ' ',
  )
}

function publish(text: string): Packet {
  const message = { topic: 'a', qos: 0, dup: false, retain: false, properties: {} } as const
  return { type: 'PUBLISH', ...message, payload: Buffer.from(text) }
}

t.test('a secret that comes again is hidden in the bytes and in the payload', async t => {
  const redactor = new Redactor()
  t.match(shown(redactor, connect), /my-last-words/, 'a will is shown unless somebody asks')
  t.match(shown(redactor, publish('it said my-last-words')), /my-last-words/)
  const again = shown(redactor, publish('the s3cret-word again'))
  t.notMatch(again, /s3cret-word/)
  t.match(again, /the \*{11} again/)
})

t.test(
  'an ordinary word is hidden where it stands by rule, and not where it comes again',
  async t => {
    const redactor = new Redactor({ username: 'mqtt', password: 'test' })
    const said = { ...connect, username: 'mqtt', password: Buffer.from('test') } as Packet
    const first = shown(redactor, said)
    t.notMatch(first, /mqtt|test/)
    t.match(first, /\*{4}/)
    t.match(shown(redactor, publish('a test of mqtt')), /a test of mqtt.*a test of mqtt/)
    const note = redactor.event({
      kind: 'note',
      text: 'a test: wrong password "test"',
    } as TraceBody)
    t.match(note, { text: 'a test: wrong password "***"' })
  },
)

t.test('a will is hidden where somebody asks, also where it comes again', async t => {
  hideWills()
  const redactor = new Redactor()
  const first = shown(redactor, connect)
  t.notMatch(first, /my-last-words|s3cret|u-name/)
  t.match(first, /w\/t/, 'its topic stays')
  t.notMatch(shown(redactor, publish('it said my-last-words')), /my-last-words/)
  const will = { topic: 'w/t', payload: Buffer.from('offline'), qos: 1, retain: false }
  shown(redactor, { ...connect, will: { ...will, properties: {} } } as Packet)
  t.notMatch(shown(redactor, publish('it is offline')), /offline/)
})
