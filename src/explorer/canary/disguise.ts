import { Duplex } from 'node:stream'
import type { Version } from '../../model/version.ts'
import { layered, socketBeneath } from '../../transport/socket-beneath.ts'
import { createFramer, type Framer } from '../../wire/framing.ts'
import { anyCanary, type CanaryName, throughFlaw } from './canaries.ts'

const maxPacketBytes = 1024 * 1024

/** A connection to the target as it would be if the target had that flaw. `tell` hears each time that the flaw does something. */
export function disguised(
  stream: Duplex,
  name: CanaryName,
  version: Version,
  tell: (text: string) => void,
): Duplex {
  const socket = socketBeneath(stream)
  const through = new Disguise(stream, name, version, tell)
  return socket ? layered(through, socket) : through
}

class Disguise extends Duplex {
  private readonly inner: Duplex
  private readonly name: CanaryName
  private readonly version: Version
  private readonly tell: (text: string) => void
  private readonly flaw
  private readonly ways: { [from in 'target' | 'us']: Framer } = {
    target: createFramer({ maxPacketBytes }),
    us: createFramer({ maxPacketBytes }),
  }

  constructor(inner: Duplex, name: CanaryName, version: Version, tell: (text: string) => void) {
    super()
    this.inner = inner
    this.name = name
    this.version = version
    this.tell = tell
    this.flaw = anyCanary[name].flaw(version)
    inner.on('data', chunk => {
      for (const bytes of this.follow('target', chunk)) if (!this.push(bytes)) inner.pause()
    })
    inner.on('end', () => this.push(null))
    inner.on('error', error => this.destroy(error))
    inner.on('close', () => this.destroy())
  }

  override _read(): void {
    this.inner.resume()
  }

  override _write(chunk: Uint8Array, _encoding: string, done: () => void): void {
    const all = this.follow('us', chunk)
    if (all.length === 0) return done()
    this.inner.write(Buffer.concat(all), () => done())
  }

  override _final(done: () => void): void {
    // Of a packet that is cut short its beginning goes out as it would without us.
    this.inner.end(this.ways.us.rest(), () => done())
  }

  override _destroy(error: Error | null, done: (error: Error | null) => void): void {
    this.inner.destroy()
    done(error)
  }

  /** What goes on of a chunk; what goes back is sent here. */
  private follow(from: 'target' | 'us', chunk: Uint8Array): Uint8Array[] {
    return this.ways[from].push(chunk).flatMap(({ kind, bytes }) => {
      const instead =
        kind === 'packet' ? throughFlaw(this.flaw, from, bytes, this.version) : undefined
      if (!instead) return [bytes]
      this.tell(this.name)
      for (const back of instead.back) {
        if (from === 'us') this.push(back)
        else this.inner.write(back)
      }
      return instead.on
    })
  }
}
