import type { Duplex } from 'node:stream'
import type { Version } from '../model/version.ts'
import type { Credentials } from '../peers/connect-packet.ts'
import type { TransportName } from '../transport/index.ts'
import type { Profile } from './profile.ts'

/** How a target ended by itself: `exited with code 134`, `refuses connections`. */
export type Death = { reason: string }

/** A broker under test, wherever it runs. */
export type BrokerTarget = {
  readonly role: 'broker'
  readonly name: string
  /** Without credentials. */
  readonly address: string
  readonly profile: Profile
  /** False where nobody described the target: then what it lacks is no broken promise. */
  readonly described?: false
  readonly credentials: Credentials
  /** The ways to reach it, its own first. */
  readonly transports: readonly TransportName[]
  /** Opens a byte stream to it, by its own transport or another of them. Rejects with the error of the system or of that transport. */
  dial(timeoutMs: number, transport?: string): Promise<Duplex>
  /** Of one that we started and that runs. */
  readonly processId?: number | undefined
  /** Set when it ended although nobody asked it to. */
  death(): Death | undefined
  /** An instance of its own for a case that restarts it; undefined where we cannot start one. */
  instance?(): Promise<BrokerTarget>
  /** Stops it by TERM or KILL and starts it again with the same data. Rejects with TargetError. */
  restart?(how: 'term' | 'kill'): Promise<void>
  /** Ends it at once, whatever it does, and starts it at the same address with nothing stored. Rejects with TargetError. */
  renew?(): Promise<void>
  stop(): Promise<void>
}

/** One application on a client under test, as a case drives it. */
export type AppHandle = {
  /** Rejects with TargetError where the adapter breaks; `error` is the adapter's own refusal. */
  command(
    name: string,
    fields: { [name: string]: unknown },
  ): Promise<{ ok: true; [name: string]: unknown } | { ok: false; error: string }>
  onEvent(listener: (event: { event: string; [name: string]: unknown }) => void): void
  /** Echo of a nonce: everything the adapter had to say before has been said. */
  ping(): Promise<void>
  stop(): Promise<void>
}

/** A client library or device under test. */
export type ClientTarget = {
  readonly role: 'client'
  readonly name: string
  readonly address: string
  readonly profile: Profile
  /** 0: a command per case, judged by the wire alone; 1: an adapter tells what the application saw. */
  readonly level: 0 | 1
  readonly versions: Version[]
  readonly can: string[]
  readonly reconnects: 'self' | 'asked'
  /** The address under which the client reaches our listeners; loopback unless the client is elsewhere. */
  readonly listenHost: string
  open(name: string): Promise<AppHandle>
  death(): Death | undefined
  /** After a death: a new process, with clients that know nothing. Rejects with TargetError after too many of them. */
  revive?(): Promise<void>
  stop(): Promise<void>
}

export type Target = BrokerTarget | ClientTarget
