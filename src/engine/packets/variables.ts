import { createRandom } from '../../model/random.ts'
import type { FieldValue, Ref, Template, Value } from '../../scenario/ast.ts'
import { payloadBytesMax } from '../../scenario/checking/sent-bytes.ts'
import { Skipped } from '../early-end.ts'

/** What a variable can hold at run time. */
export type Bound = string | number | boolean | Uint8Array

/** The variables of one case. A name binds once and must agree afterwards; loops rebind their counter. */
export class Variables {
  private readonly values = new Map<string, Bound>()

  constructor(initial: { [name: string]: Bound }) {
    for (const [name, value] of Object.entries(initial)) this.values.set(name, value)
  }

  get(name: string): Bound | undefined {
    return this.values.get(name)
  }

  /** How many names are bound: what a round of a loop binds comes behind them. */
  get count(): number {
    return this.values.size
  }

  /** Forgets every name but the first so many. */
  keepFirst(count: number): void {
    if (this.values.size === count) return
    let index = 0
    for (const name of this.values.keys()) if (index++ >= count) this.values.delete(name)
  }

  bind(name: string, value: Bound): void {
    this.values.set(name, value)
  }

  /** The plain value. Throws RangeError on an unbound variable: the loader should have refused it. */
  value(value: Value): Bound {
    if (typeof value !== 'object') return value
    switch (value.kind) {
      case 'ref':
        return this.ref(value)
      case 'template':
        return this.template(value)
      case 'bytes':
        return value.bytes
      case 'sized':
        return sizedPayload(this.number(value.bytes))
    }
  }

  number(value: Value): number {
    const plain = this.value(value)
    if (typeof plain === 'number') return plain
    const read = Number(plain)
    if (Number.isFinite(read)) return read
    throw new RangeError(`expected a number, got ${String(plain)}`)
  }

  text(value: Value): string {
    const plain = this.value(value)
    return plain instanceof Uint8Array ? Buffer.from(plain).toString('utf8') : String(plain)
  }

  bytes(value: Value): Uint8Array {
    return toBytes(this.value(value))
  }

  /** A nested value without variables. */
  plain(value: FieldValue): unknown {
    if (Array.isArray(value)) return value.map(item => this.plain(item))
    if (typeof value === 'object' && value.kind === 'map') {
      return Object.fromEntries(
        Object.entries(value.map).map(([key, item]) => [key, this.plain(item)]),
      )
    }
    return this.value(value)
  }

  private ref(ref: Ref): Bound {
    const value = this.values.get(ref.name)
    if (value === undefined) throw new RangeError(`$${ref.name} is not bound`)
    return value
  }

  private template(template: Template): string {
    return template.parts.map(part => (typeof part === 'string' ? part : this.text(part))).join('')
  }
}

export function toBytes(value: Bound): Uint8Array {
  return value instanceof Uint8Array ? value : new TextEncoder().encode(String(value))
}

/** The last one that was long: making one takes a while, and it is asked for where it is sent and where it is expected. */
let lastLong: Uint8Array | undefined
const longBytes = 64 * 1024

/** Reproducible printable bytes, so that a ladder stays readable and a difference shows. */
function sizedPayload(bytes: number): Uint8Array {
  if (bytes > payloadBytesMax) {
    throw new Skipped(`needs a payload of ${bytes} bytes: ${payloadBytesMax} at most`)
  }
  if (lastLong?.length === bytes) return lastLong
  const random = createRandom(bytes)
  const payload = new Uint8Array(bytes)
  for (let index = 0; index < bytes; index++) payload[index] = random.int(0x61, 0x7a)
  if (bytes > longBytes) lastLong = payload
  return payload
}
