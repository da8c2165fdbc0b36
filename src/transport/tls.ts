import net from 'node:net'
import nodeTls from 'node:tls'
import { connected } from './connected.ts'
import type { Transport } from './transport.ts'

/** The packets go encrypted. */
export const tls: Transport = {
  schemes: { 'mqtts:': 8883, 'ssl:': 8883, 'tls:': 8883 },
  connect: (socket, { host }) =>
    connected(
      nodeTls.connect({ socket, servername: net.isIP(host) ? '' : host, rejectUnauthorized: true }),
      'secureConnect',
    ),
}
