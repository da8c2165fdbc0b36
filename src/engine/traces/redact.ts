import type { Connect, Packet, Properties } from '../../model/packet.ts'
import {
  hideFields,
  hideSecrets,
  notePassingSecret,
  secretsAreShown,
  willsAreHidden,
} from '../../model/secrets.ts'
import { isOrdinary } from '../../model/text/ordinary-words.ts'
import type { TraceBody } from '../../model/trace.ts'

/** Credentials of the target, which may stand in what we send and in what it echoes. */
export type Secrets = { readonly username?: string; readonly password?: string }

const star = 0x2a
/** Shorter ones stand in too many bytes by chance; where they stand by rule they are blanked all the same. */
const wordBytesMin = 3

/**
 * Takes out of events what nobody should read, before they are kept: user name, password and Authentication Data, also where they come
 * again, and what cannot be read as a CONNECT or AUTH but was meant as one. Every byte becomes `*`, so that lengths stay true. Where one is
 * an ordinary word, it comes again by chance: it is blanked where it stands by rule.
 */
export class Redactor {
  private readonly words: Buffer[] = []
  /** Connections, by who speaks, on which a CONNECT has begun that is not whole. */
  private readonly inConnect = new Set<string>()

  constructor({ username, password }: Secrets = {}) {
    for (const word of [password, username]) if (word) this.learn(Buffer.from(word))
  }

  /** Memory that the secrets of this trace take, about. */
  get heldBytes(): number {
    return this.words.reduce((sum, { length }) => sum + length + 200, 0)
  }

  /** Nothing more is told of those whose secrets these are. */
  forget(): void {
    this.words.length = 0
  }

  /** The event as it may be kept and told; itself where there is nothing to hide. */
  event<T extends TraceBody>(event: T): T {
    return secretsAreShown() ? event : (this.hidden(event) as T)
  }

  /** A text about events. */
  text(text: string): string {
    if (secretsAreShown()) return text
    let clean = hideSecrets(text)
    for (const word of this.words) {
      // In hex it is longer; as text a character may take four bytes.
      if (4 * clean.length < word.length) continue
      const plain = word.toString('utf8')
      const hex = word.toString('hex')
      if (clean.includes(plain)) clean = clean.replaceAll(plain, '***')
      if (clean.includes(hex)) clean = clean.replaceAll(hex, '2a'.repeat(word.length))
    }
    return clean
  }

  private hidden(event: TraceBody): TraceBody {
    switch (event.kind) {
      case 'packet': {
        if (this.inConnect.size > 0) this.inConnect.delete(`${event.connection} ${event.from}`)
        const { packet, bytes } = this.packet(event.packet, event.bytes)
        return packet === event.packet && bytes === event.bytes
          ? event
          : { ...event, packet, bytes }
      }
      case 'bytes': {
        const bytes = this.rawBytes(`${event.connection} ${event.from}`, event.bytes)
        return bytes === event.bytes ? event : { ...event, bytes }
      }
      case 'step': {
        const text = this.text(hideFields(event.text))
        return text === event.text ? event : { ...event, text }
      }
      case 'note': {
        const text = this.text(event.text)
        return text === event.text ? event : { ...event, text }
      }
      case 'app':
        return this.app(event)
      // None of these holds what somebody else wrote.
      case 'open':
      case 'close':
      case 'fault':
      case 'restart':
      case 'command':
      case 'fence':
      case 'wait':
      case 'finding':
        return event
    }
  }

  private app(event: Extract<TraceBody, { kind: 'app' }>): TraceBody {
    const { event: told } = event
    if (told.event === 'log') return { ...event, event: { ...told, text: this.text(told.text) } }
    if (!('error' in told) || told.error === undefined) return event
    return { ...event, event: { ...told, error: this.text(told.error) } }
  }

  private packet(packet: Packet, bytes: Uint8Array): { packet: Packet; bytes: Uint8Array } {
    if (packet.type === 'CONNECT') return this.connect(packet, bytes)
    const data = 'properties' in packet ? packet.properties.authenticationData : undefined
    if (!(data instanceof Uint8Array)) {
      const clean = this.withoutWords(bytes)
      if (clean === bytes || packet.type !== 'PUBLISH') return { packet, bytes: clean }
      return { packet: { ...packet, payload: this.withoutWords(packet.payload) }, bytes: clean }
    }
    this.learn(Buffer.from(data))
    const shown = {
      ...packet,
      properties: withoutData((packet as { properties: Properties }).properties),
    }
    return { packet: shown as Packet, bytes: blankedValue(this.withoutWords(bytes), data) }
  }

  private connect(packet: Connect, bytes: Uint8Array): { packet: Packet; bytes: Uint8Array } {
    const { username, password, properties } = packet
    const data = properties.authenticationData
    const will = willsAreHidden() ? packet.will : undefined
    if (!username && !password && !data && !will) return { packet, bytes }
    if (username !== undefined) this.learn(Buffer.from(username))
    if (password !== undefined) this.learn(Buffer.from(password))
    if (data instanceof Uint8Array) this.learn(Buffer.from(data))
    // Who hides wills does so when they are published, too, be they ordinary words.
    if (will) this.learn(Buffer.from(will.payload), true)
    const blanked = blankedConnect(packet, bytes)
    return {
      packet: {
        ...packet,
        ...(will ? { will: { ...will, payload: stars(will.payload.length) } } : {}),
        ...(username === undefined ? {} : { username: '*'.repeat(username.length) }),
        ...(password === undefined ? {} : { password: stars(password.length) }),
        properties: withoutData(properties),
      },
      bytes: will ? blankedWill(blanked, will) : blanked,
    }
  }

  /** Bytes that are no whole packet: nobody knows where in them the password stands. */
  private rawBytes(who: string, bytes: Uint8Array): Uint8Array {
    const type = (bytes[0] ?? 0) >> 4
    if (type === 1 || type === 15) {
      this.inConnect.add(who)
      return blankedFrom(bytes, type === 1 ? headerEnd(bytes) : 2)
    }
    return this.inConnect.has(who) ? blankedFrom(bytes, 0) : this.withoutWords(bytes)
  }

  private learn(word: Buffer, evenOrdinary = false): void {
    if (word.length < wordBytesMin || this.words.some(known => known.equals(word))) return
    const plain = word.toString('utf8')
    if (Buffer.from(plain).equals(word)) notePassingSecret(plain)
    if (evenOrdinary || !isOrdinary(plain)) this.words.push(word)
  }

  /** A copy with every occurrence of the words blanked; the same bytes where there is none. */
  private withoutWords(bytes: Uint8Array): Uint8Array {
    let copy: Buffer | undefined
    for (const word of this.words) {
      let at = asBuffer(copy ?? bytes).indexOf(word)
      while (at >= 0) {
        copy ??= Buffer.from(bytes)
        copy.fill(star, at, at + word.length)
        at = copy.indexOf(word, at + word.length)
      }
    }
    return copy ?? bytes
  }
}

function asBuffer(bytes: Uint8Array): Buffer {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length)
}

function stars(length: number): Uint8Array {
  return new Uint8Array(length).fill(star)
}

function withoutData(properties: Properties): Properties {
  const data = properties.authenticationData
  if (!(data instanceof Uint8Array)) return properties
  return { ...properties, authenticationData: stars(data.length) }
}

/** The password stands last in a CONNECT, the user name before it, each behind its length. Where they do not, all is blanked. */
function blankedConnect(
  { username, password, properties }: Connect,
  bytes: Uint8Array,
): Uint8Array {
  const copy = Buffer.from(bytes)
  let end = copy.length
  for (const value of [password, username === undefined ? undefined : Buffer.from(username)]) {
    if (value === undefined) continue
    const from = end - value.length
    if (from < 2 || copy.readUInt16BE(from - 2) !== value.length) {
      return blankedFrom(bytes, headerEnd(bytes))
    }
    copy.fill(star, from, end)
    end = from - 2
  }
  const data = properties.authenticationData
  return data instanceof Uint8Array ? blankedValue(copy, data) : copy
}

/** The payload of a will stands behind its topic, each behind its length. */
function blankedWill(bytes: Uint8Array, { topic, payload }: NonNullable<Connect['will']>) {
  const before = lengthFirst(Buffer.from(topic))
  const at = asBuffer(bytes).indexOf(Buffer.concat([before, lengthFirst(payload)]))
  if (at < 0) return blankedFrom(bytes, headerEnd(bytes))
  const copy = Buffer.from(bytes)
  const from = at + before.length + 2
  copy.fill(star, from, from + payload.length)
  return copy
}

function lengthFirst(value: Uint8Array): Buffer {
  return Buffer.concat([Buffer.of(value.length >> 8, value.length & 0xff), value])
}

/** Binary data of a property, behind its identifier and its length. Source: 5.0 §3.1.2.11.10. */
function blankedValue(bytes: Uint8Array, value: Uint8Array): Uint8Array {
  const { length } = value
  const wanted = Buffer.concat([Buffer.of(0x16, length >> 8, length & 0xff), value])
  const at = asBuffer(bytes).indexOf(wanted)
  if (at < 0) return bytes
  const copy = Buffer.from(bytes)
  copy.fill(star, at + 3, at + wanted.length)
  return copy
}

function blankedFrom(bytes: Uint8Array, from: number): Uint8Array {
  const copy = Buffer.from(bytes)
  copy.fill(star, Math.min(from, copy.length))
  return copy
}

/** Where the variable header of a CONNECT ends: behind protocol name, level, flags and Keep Alive. */
function headerEnd(bytes: Uint8Array): number {
  let at = 1
  while (at < 5 && (bytes[at] ?? 0) >= 0x80) at += 1
  const name = ((bytes[at + 1] ?? 0) << 8) + (bytes[at + 2] ?? 0)
  // A name that is longer than any is none.
  return name <= 6 ? at + 3 + name + 4 : at + 3
}
