import type { StaticDecode } from 'typebox'
import type * as shapes from './report/event.ts'

/** Milliseconds since the case began. */
export type RunMs = number

/**
 * All that a case can say, in the order it happened. The engine appends; oracle and reporters only read.
 *
 * Order on one connection is the order of the bytes. A `packet` from the target is recorded when its last byte has been read;
 * a `packet` from the harness when it is handed to the socket. A packet of which only part was written is `bytes`, never `packet`.
 */
export type TraceEvent = StaticDecode<typeof shapes.event>

/** What is said, without its index in the trace and its time. */
export type TraceBody = Unstamp<TraceEvent>
type Unstamp<E> = E extends unknown ? Omit<E, 'seq' | 'at' | 'leftOutBytes'> : never

/** An event as it is handed in. One that has places for its stamp, whatever is in them, is cheaper to stamp: the frequent ones do. */
export type Unstamped = TraceBody | TraceEvent

export type EventOf<K extends TraceBody['kind']> = Extract<TraceEvent, { kind: K }>

/** `upstream` is the broker behind a proxy, which is not the target. */
export type Party = EventOf<'open'>['by']

/** The subprotocols that the one side offered when a connection became a WebSocket, and the one that the other chose. */
export type Upgrade = StaticDecode<typeof shapes.upgrade>

/** Payloads of sentinel messages start so; ledger and expectations pass them over. */
export const sentinelPrefix = 'mqttspec-fence-'
