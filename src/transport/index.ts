import { tcp } from './tcp.ts'
import { tls } from './tls.ts'
import type { Transport } from './transport.ts'
import { ws, wss } from './websocket.ts'

/** All ways to carry MQTT. */
export const transports = { tcp, tls, ws, wss } satisfies { [name: string]: Transport }

export type TransportName = keyof typeof transports

export const transportNames = Object.keys(transports) as TransportName[]

/** The transport of `mqtt:`, and its usual port. */
export function transportOf(scheme: string): { name: TransportName; port: number } | undefined {
  for (const name of transportNames) {
    const { schemes }: Transport = transports[name]
    const port = schemes[scheme as `${string}:`]
    if (port !== undefined) return { name, port }
  }
  return undefined
}

export function isTransport(name: string): name is TransportName {
  return Object.hasOwn(transports, name)
}

/** Plain TCP where none is named, or one that is not known. */
export function transportNamed(name = 'tcp'): Transport {
  return isTransport(name) ? transports[name] : tcp
}

/** The scheme by which its addresses are shown. */
export function schemeOf(name: TransportName): string {
  return Object.keys(transports[name].schemes)[0] ?? ''
}

/** `mqtt:// or mqtts://` and so on, for people. */
export const shownSchemes = transportNames.map(name => `${schemeOf(name)}//`).join(' or ')
