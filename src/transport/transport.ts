import type net from 'node:net'
import type { Duplex } from 'node:stream'

/** Where a connection leads to. */
export type Endpoint = { host: string; port: number }

/** One way to carry MQTT. Every one of them runs over a TCP socket; what it does on top of that is in its two layers. */
export type Transport = {
  /** Schemes of its addresses with their usual ports, the one that is shown first. */
  schemes: { readonly [scheme: `${string}:`]: number }
  /** What we put on a socket that we opened; none where the socket itself carries the packets. */
  connect?(socket: net.Socket, to: Endpoint): Promise<Duplex>
  /** What we put on a socket that somebody opened to us. */
  accept?(socket: net.Socket): Promise<Duplex>
}
