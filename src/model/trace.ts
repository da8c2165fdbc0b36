import type { Fault } from '../faults/index.ts'
import type { AppCommand, AppEvent } from './app.ts'
import type { Finding, Place, StatementRef } from './finding.ts'
import type { Packet } from './packet.ts'
import type { Side } from './side.ts'
import type { Version } from './version.ts'

/** Milliseconds since the case began. */
export type RunMs = number

/** `upstream` is the broker behind a proxy, which is not the target. */
export type Party = 'harness' | 'target' | 'upstream'

/** The subprotocols that the one side offered when a connection became a WebSocket, and the one that the other chose. */
export type Upgrade = { offered: string[]; chosen?: string }

/** What every event carries: its index in the trace and its time; and, where long values of it were cut, how many bytes are left out. */
type Stamp = { seq: number; at: RunMs; leftOutBytes?: number }

/** One TCP connection of a case, numbered from 1 in the order they open. */
type OnConnection = { connection: number; actor: string }

/**
 * All that a case can say, in the order it happened. The engine appends; oracle and reporters only read.
 *
 * Order on one connection is the order of the bytes. A `packet` from the target is recorded when its last byte has been read;
 * a `packet` from the harness when it is handed to the socket. A packet of which only part was written is `bytes`, never `packet`.
 */
export type TraceEvent = Stamp & TraceBody

/** An event as it is handed in. One that has places for its stamp, whatever is in them, is cheaper to stamp: the frequent ones do. */
export type Unstamped = TraceBody | TraceEvent

export type TraceBody =
  /** `leg` and `peer` on the connections of a proxy: whom it leads to, and the name of the application or of the broker behind. */
  | (OnConnection & {
      kind: 'open'
      by: Party
      version: Version
      leg?: Side
      peer?: string
      /** Where it is a WebSocket. */
      upgrade?: Upgrade
    })
  | (OnConnection & { kind: 'packet'; from: Party; packet: Packet; bytes: Uint8Array; auto?: true })
  /** Bytes that are no whole packet: `partial` (a prefix), `raw` (sent on purpose), `garbage` (could not be decoded). */
  | (OnConnection & {
      kind: 'bytes'
      from: Party
      bytes: Uint8Array
      why: 'partial' | 'raw' | 'garbage'
    })
  /** `by: target` also where the target reset the connection; `how: rst` then. `dead` means that the target process ended. */
  /** `textFrame`: we dropped a WebSocket on which the other side sent one. */
  | (OnConnection & { kind: 'close'; by: Party; how: 'fin' | 'rst'; textFrame?: true })
  | { kind: 'fault'; actor: string; connection?: number; fault: Fault }
  /** The target process was stopped (`down`) and serves again (`up`). */
  | { kind: 'restart'; phase: 'down' | 'up'; how: 'term' | 'kill' }
  | { kind: 'command'; actor: string; command: AppCommand }
  | { kind: 'app'; actor: string; event: AppEvent }
  /** `breaks`: statements that the scenario breaks on purpose by this step. */
  | {
      kind: 'step'
      index: number
      actor?: string
      text: string
      place: Place
      breaks?: StatementRef[]
    }
  /**
   * A fence closed: anything the target owed these actors before it must have been seen by now. `ping` fences prove only that the
   * target read all we sent on that connection; `sentinel` fences also flush deliveries on the sentinel's topic and QoS.
   */
  | { kind: 'fence'; actors: string[]; how: 'ping' | 'sentinel' | 'nonce' | 'quiet' }
  /** A wait that a rule about time demands. */
  | { kind: 'wait'; rule: string; ms: number }
  | { kind: 'finding'; finding: Finding }
  | { kind: 'note'; text: string }

export type EventOf<K extends TraceBody['kind']> = Extract<TraceEvent, { kind: K }>

/** Payloads of sentinel messages start so; ledger and expectations pass them over. */
export const sentinelPrefix = 'mqttspec-fence-'
