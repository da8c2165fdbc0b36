import type { AppCommand, AppEvent } from '../model/app.ts'
import type { Breach } from '../model/finding.ts'
import type { Packet, PacketType, Properties, Publish, Subscription } from '../model/packet.ts'
import { sentinelPrefix, type TraceBody, type TraceEvent } from '../model/trace.ts'
import type { Version } from '../model/version.ts'
import type { TargetRole } from '../standard/clauses.ts'
import { createReferee, type Referee } from './referee/referee.ts'

/*
 * Traces for tests, written as one writes them on paper. One line an event:
 *
 *   > CONNECT a kept          we send; `<` is the target. Words in any order, see `readPacket`.
 *   2> PUBLISH 7 q2 A         on connection 2; without a number on the last one named
 *   cut | cut rst | closed    we, or the target, end the connection
 *   lose                      the last packet of the target is acted upon as if it had not come
 *   restart kill              the target goes down and comes up
 *   at 5000                   later events happen from this ms on
 *   raw                       bytes of ours that are no packet
 *   fence                     a ping fence for all actors
 *   app publish m1 q2 A       a command to the application; `app published m1`, `app delivered A` are its events
 */
export function writtenTrace(version: Version, target: TargetRole, text: string): TraceEvent[] {
  const events: TraceEvent[] = []
  const open = new Set<number>()
  const actors = new Map<number, string>()
  let current = 1
  let at = 0
  const add = (body: TraceBody) => {
    events.push({ ...body, seq: events.length, at } as TraceEvent)
  }
  const opened = (connection: number, actor: string) => {
    if (open.has(connection)) return
    open.add(connection)
    add({
      kind: 'open',
      connection,
      actor,
      by: target === 'broker' ? 'harness' : 'target',
      version,
    })
  }
  const lines = text
    .split('\n')
    .map(line => line.replace(/(^\s*|\s)#\s.*$/, '').trim())
    .filter(line => line !== '')
  for (const line of lines) {
    const words = line.split(/\s+/)
    const direction = /^(\d*)([<>])$/.exec(words[0] ?? '')
    if (direction) {
      current = direction[1] ? Number(direction[1]) : current
      const from = direction[2] === '>' ? 'harness' : 'target'
      const packet = readPacket(words.slice(1), version)
      if (packet.type === 'CONNECT') actors.set(current, packet.clientId || 'anyone')
      const actor = actors.get(current) ?? 'anyone'
      opened(current, actor)
      const bytes = new Uint8Array(sizeOf(words) ?? 10)
      bytes[0] = firstByte(packet)
      add({ kind: 'packet', connection: current, actor, from, packet, bytes })
      continue
    }
    const number = /^\d+$/.test(words[1] ?? '') ? Number(words[1]) : current
    const actor = actors.get(number) ?? 'anyone'
    switch (words[0]) {
      case 'cut':
      case 'closed': {
        const how = words.includes('rst') ? 'rst' : 'fin'
        const by = words[0] === 'cut' ? 'harness' : 'target'
        open.delete(number)
        add({ kind: 'close', connection: number, actor, by, how })
        break
      }
      case 'lose': {
        const last = events.findLast(event => event.kind === 'packet' && event.from === 'target')
        if (last?.kind !== 'packet') throw new RangeError('nothing to lose')
        const fault = { kind: 'lose', seq: last.seq, packet: last.packet.type } as const
        add({ kind: 'fault', actor: last.actor, connection: last.connection, fault })
        break
      }
      case 'stall':
      case 'resume':
        add({ kind: 'fault', actor, connection: number, fault: { kind: words[0] } })
        break
      case 'restart': {
        const how = words[1] === 'term' ? 'term' : 'kill'
        add({ kind: 'restart', phase: 'down', how })
        for (const one of open) {
          const end = { connection: one, actor: actors.get(one) ?? 'anyone' }
          add({ kind: 'close', ...end, by: 'target', how: 'rst' })
        }
        open.clear()
        add({ kind: 'restart', phase: 'up', how })
        break
      }
      case 'at':
        at = Number(words[1])
        break
      case 'raw':
        opened(number, actor)
        add({
          kind: 'bytes',
          connection: current,
          actor,
          from: 'harness',
          bytes: new Uint8Array(3),
          why: 'raw',
        })
        break
      case 'fence':
        add({ kind: 'fence', actors: [...actors.values()], how: 'ping' })
        break
      case 'app':
        add(readApp(words.slice(1)))
        break
      default:
        throw new RangeError(`no such line: ${line}`)
    }
  }
  return events
}

/** A referee that has seen such a trace, and all it said. */
export function judgeWritten(
  version: Version,
  target: TargetRole,
  text: string,
): { breaches: Breach[]; referee: Referee } {
  const referee = createReferee({ target, version })
  const breaches = writtenTrace(version, target, text).flatMap(event => referee.observe(event))
  return { breaches, referee }
}

function readPacket(words: string[], version: Version): Packet {
  const [type, ...rest] = words
  const numbers = rest.filter(word => /^\d+$/.test(word)).map(Number)
  const named = new Map(
    rest.filter(word => word.includes('=')).map(word => word.split('=', 2) as [string, string]),
  )
  const plain = rest.filter(word => !word.includes('=') && !/^\d+$/.test(word))
  const properties = propertiesOf(named)
  const id = numbers[0] ?? 0
  const code = Number(named.get('code') ?? 0)
  const name = type as PacketType
  switch (name) {
    case 'CONNECT':
      return {
        type: name,
        protocolName: version === '3.1' ? 'MQIsdp' : 'MQTT',
        protocolLevel: { '3.1': 3, '3.1.1': 4, '5.0': 5 }[version],
        clientId: plain.find(word => word !== 'kept' && word !== 'fresh') ?? '',
        clean: plain.includes('fresh'),
        keepAliveS: 60,
        ...(named.has('will') ? { will: willOf(named) } : {}),
        properties:
          plain.includes('kept') && properties.sessionExpiryInterval === undefined
            ? { ...properties, sessionExpiryInterval: 300 }
            : properties,
      }
    case 'CONNACK':
      return { type: name, sessionPresent: plain.includes('sp'), code, properties }
    case 'PUBLISH':
      return publishOf(plain, named, properties, numbers)
    case 'PUBACK':
    case 'PUBREC':
    case 'PUBREL':
    case 'PUBCOMP':
      return { type: name, id, code, properties }
    case 'SUBSCRIBE':
      return { type: name, id, subscriptions: subscriptionsOf(plain, named), properties }
    case 'SUBACK':
    case 'UNSUBACK':
      return {
        type: name,
        id,
        codes: (named.get('codes') ?? '').split(',').filter(Boolean).map(Number),
        properties,
      }
    case 'UNSUBSCRIBE':
      return { type: name, id, filters: plain, properties }
    case 'PINGREQ':
    case 'PINGRESP':
      return { type: name }
    case 'DISCONNECT':
    case 'AUTH':
      return { type: name, code, properties }
  }
  throw new RangeError(`no packet is called ${type}`)
}

function publishOf(
  plain: string[],
  named: Map<string, string>,
  properties: Properties,
  numbers: number[],
): Publish {
  const qos = Number(plain.find(word => /^q\d$/.test(word))?.slice(1) ?? 0)
  const payload = plain.find(word => /^[A-Z]/.test(word) || word.startsWith(sentinelPrefix)) ?? ''
  return {
    type: 'PUBLISH',
    topic: named.get('t') ?? 't',
    qos,
    dup: plain.includes('dup'),
    retain: plain.includes('retain'),
    ...(numbers[0] === undefined ? {} : { id: numbers[0] }),
    payload: new TextEncoder().encode(payload),
    properties,
  }
}

/** `t/+:2` and `$share/g/t:2:nl`; the last part is nl (No Local), rap, or rhN. */
function subscriptionsOf(plain: string[], _named: Map<string, string>): Subscription[] {
  return plain.map(word => {
    const [filter = '', qos = '0', ...options] = word.split(':')
    const handling = options.find(option => option.startsWith('rh'))
    return {
      filter,
      qos: Number(qos),
      noLocal: options.includes('nl'),
      retainAsPublished: options.includes('rap'),
      retainHandling: handling ? Number(handling.slice(2)) : 0,
    }
  })
}

function willOf(named: Map<string, string>) {
  const delay = named.get('delay')
  return {
    topic: named.get('wt') ?? 't',
    payload: new TextEncoder().encode(named.get('will')),
    qos: Number(named.get('wq') ?? 2),
    retain: false,
    properties: delay === undefined ? {} : { willDelayInterval: Number(delay) },
  }
}

const propertyNames: Record<string, string> = {
  exp: 'sessionExpiryInterval',
  rm: 'receiveMaximum',
  mps: 'maximumPacketSize',
  tam: 'topicAliasMaximum',
  alias: 'topicAlias',
  mq: 'maximumQoS',
  ra: 'retainAvailable',
  mei: 'messageExpiryInterval',
  pfi: 'payloadFormatIndicator',
}

function propertiesOf(named: Map<string, string>): Properties {
  const properties: Properties = {}
  for (const [name, value] of named) {
    const property = propertyNames[name]
    if (property) properties[property] = Number(value)
  }
  return properties
}

function sizeOf(words: string[]): number | undefined {
  const size = words.find(word => word.startsWith('size='))
  return size === undefined ? undefined : Number(size.slice(5))
}

function firstByte({ type }: Packet): number {
  return type === 'PUBREL' || type === 'SUBSCRIBE' || type === 'UNSUBSCRIBE' ? 2 : 0
}

function readApp(words: string[]): TraceBody {
  const [what = '', ...rest] = words
  const qos = Number(rest.find(word => /^q\d$/.test(word))?.slice(1) ?? 0)
  const tag = rest.find(word => /^m\d+$/.test(word)) ?? 'm'
  const payload = new TextEncoder().encode(rest.find(word => /^[A-Z]/.test(word)) ?? '')
  const failed = rest.includes('failed')
  const event = ((): AppEvent | undefined => {
    switch (what) {
      case 'published':
        return { event: 'published', tag, ...(failed ? { error: 'failed' } : {}) }
      case 'delivered':
        return { event: 'delivered', topic: 't', payload }
      case 'connected':
      case 'disconnected':
        return { event: what }
      default:
        return undefined
    }
  })()
  if (event) return { kind: 'app', actor: 'app', event }
  const command: AppCommand = {
    do: what as AppCommand['do'],
    ok: !failed,
    ...(what === 'publish' ? { topic: 't', payload, qos, tag } : {}),
  }
  return { kind: 'command', actor: 'app', command }
}
