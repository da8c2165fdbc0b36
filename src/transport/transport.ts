import type net from 'node:net'
import type { Duplex } from 'node:stream'
import type { ProxyHeader } from './proxy-header.ts'

/** Whom we trust and who we are, as PEM. */
export type TlsWish = {
  /** Of those who vouch for the other side; the system's where there is none. */
  ca?: string
  cert?: string
  key?: string
  /** The name that the certificate must have, where it is not that of the host. */
  servername?: string
  /** False takes any certificate. */
  verify?: boolean
}

/** Where a connection leads to. */
export type Endpoint = {
  host: string
  port: number
  /** Of a WebSocket. */
  path?: string
  tls?: TlsWish
  /** What a balancer in front of the target would say of us. */
  proxyHeader?: ProxyHeader
}

/** How we are found where we listen: the path of a WebSocket, our certificate, and who vouches for it. */
export type Door = { path: string; ca: string; cert: string; key: string }

/** What a client has to be told beside host and port. */
export type Invitation = { tls?: { ca: string }; websocket?: { path: string } }

/** One way to carry MQTT. Every one of them runs over a TCP socket; what it does on top of that is in its two layers. */
export type Transport = {
  /** As a sentence calls it. */
  title: string
  /** Where brokers listen for it, unless they are told otherwise. */
  usualPort: number
  /** Schemes of its addresses with their usual ports, the one that is shown first. */
  schemes: { readonly [scheme: `${string}:`]: number }
  /** Whether whoever dials has to be shown a certificate. */
  secure?: boolean
  /** What a client is told that is to come in this way. */
  invite?(door: Door): Invitation
  /** What we put on a socket that we opened; none where the socket itself carries the packets. */
  connect?(socket: net.Socket, to: Endpoint): Promise<Duplex>
  /** What we put on a socket that somebody opened to us. */
  accept?(socket: net.Socket, door: Door): Promise<Duplex>
}
