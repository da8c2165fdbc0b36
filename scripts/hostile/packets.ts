/** Bytes that hostile peers send, made by hand: no codec of ours stands between them and mqttspec. */

export function text(value: string): Buffer {
  const bytes = Buffer.from(value, 'utf8')
  return Buffer.concat([Buffer.of(bytes.length >> 8, bytes.length & 0xff), bytes])
}

/** A packet: its first byte, and what follows the remaining length. */
export function packet(first: number, ...parts: Uint8Array[]): Buffer {
  const body = Buffer.concat(parts)
  return Buffer.concat([Buffer.of(first), remaining(body.length), body])
}

function remaining(length: number): Buffer {
  const bytes: number[] = []
  let rest = length
  do {
    const more = rest >= 128 ? 0x80 : 0
    bytes.push((rest % 128) | more)
    rest = Math.floor(rest / 128)
  } while (rest > 0)
  return Buffer.from(bytes)
}

export type Level = 3 | 4 | 5

export function connack(level: Level): Buffer {
  return level === 5 ? packet(0x20, Buffer.of(0, 0, 0)) : packet(0x20, Buffer.of(0, 0))
}

export function publish(
  level: Level,
  options: { topic?: string; qos?: 0 | 1 | 2; id?: number; dup?: boolean; bytes: number },
): Buffer {
  const { topic = 'flood', qos = 0, id = 1, dup = false } = options
  return packet(
    0x30 | (qos << 1) | (dup ? 8 : 0),
    text(topic),
    qos > 0 ? Buffer.of(id >> 8, id & 0xff) : Buffer.alloc(0),
    level === 5 ? Buffer.of(0) : Buffer.alloc(0),
    Buffer.alloc(options.bytes, 0x78),
  )
}

export type ConnectFields = {
  level?: Level
  clientId: string
  clean?: boolean
  username?: string
  password?: string | Uint8Array
  /** Properties of 5.0, encoded. */
  properties?: Uint8Array
  /** What stands in the place of the right values. */
  protocolName?: string
  flags?: number
  firstByte?: number
}

export function connect(fields: ConnectFields): Buffer {
  const { level = 4, clientId, clean = true, username, password, properties } = fields
  const flags =
    (clean ? 2 : 0) | (username === undefined ? 0 : 0x80) | (password === undefined ? 0 : 0x40)
  return packet(
    fields.firstByte ?? 0x10,
    text(fields.protocolName ?? (level === 3 ? 'MQIsdp' : 'MQTT')),
    Buffer.of(level, flags | (fields.flags ?? 0), 0, 0),
    level === 5 ? sized(properties ?? Buffer.alloc(0)) : Buffer.alloc(0),
    text(clientId),
    username === undefined ? Buffer.alloc(0) : text(username),
    password === undefined ? Buffer.alloc(0) : text(Buffer.from(password).toString('utf8')),
  )
}

/** Behind their length, which is below 16,384. */
export function sized(bytes: Uint8Array): Buffer {
  return Buffer.concat([remaining(bytes.length), bytes])
}

export function subscribe(level: Level, filter: string, qos: 0 | 1 | 2): Buffer {
  const properties = level === 5 ? Buffer.of(0) : Buffer.alloc(0)
  return packet(0x82, Buffer.of(0, 7), properties, text(filter), Buffer.of(qos))
}

export const pingresp = Buffer.of(0xd0, 0)
