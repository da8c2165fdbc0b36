import { Duplex } from 'node:stream'
import type { Profile } from './profile.ts'
import type { BrokerTarget } from './target.ts'

/** A broker inside somebody's own process: anything that takes a duplex stream, such as `aedes.handle`. */
export function inProcessBroker(profile: Profile, handle: (stream: Duplex) => void): BrokerTarget {
  return {
    role: 'broker',
    name: profile.name,
    address: 'in-process',
    profile,
    described: false,
    credentials: {},
    transports: ['tcp'],
    dial: async () => {
      const [ours, theirs] = duplexPair()
      handle(theirs)
      return ours
    },
    death: () => undefined,
    stop: async () => undefined,
  }
}

/** Two duplex streams, each reading what the other writes; destroying one ends the other as a lost connection would. */
function duplexPair(): [Duplex, Duplex] {
  const left = new Half()
  const right = new Half()
  left.other = right
  right.other = left
  return [left, right]
}

class Half extends Duplex {
  other: Half | undefined
  private wanted: (() => void) | undefined

  override _read(): void {
    const wanted = this.wanted
    this.wanted = undefined
    wanted?.()
  }

  override _write(chunk: Uint8Array, _encoding: string, done: () => void): void {
    const { other } = this
    if (!other || other.destroyed) return done()
    if (chunk.length === 0 || other.push(chunk)) setImmediate(done)
    else other.wanted = done
  }

  override _final(done: () => void): void {
    this.other?.push(null)
    done()
  }

  override _destroy(error: Error | null, done: (error: Error | null) => void): void {
    const { other } = this
    done(error)
    if (other && !other.destroyed && !other.readableEnded) setImmediate(() => other.destroy())
  }
}
