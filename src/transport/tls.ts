import net from 'node:net'
import nodeTls from 'node:tls'
import { connected } from './connected.ts'
import type { Transport } from './transport.ts'

/** The packets go encrypted. */
export const tls = {
  title: 'TLS',
  usualPort: 8883,
  schemes: { 'mqtts:': 8883, 'ssl:': 8883, 'tls:': 8883 },
  secure: true,
  invite: ({ ca }) => ({ tls: { ca } }),
  connect(socket, { host, tls: { ca, cert, key, servername, verify = true } = {} }) {
    const stream = nodeTls.connect({
      socket,
      host,
      servername: servername ?? (net.isIP(host) ? '' : host),
      rejectUnauthorized: verify,
      ...(ca === undefined ? {} : { ca }),
      ...(cert === undefined ? {} : { cert }),
      ...(key === undefined ? {} : { key }),
    })
    return connected(stream, 'secureConnect')
  },
  accept(socket, { cert, key }) {
    const stream = new nodeTls.TLSSocket(socket, { isServer: true, cert, key })
    return connected(stream, 'secure')
  },
} satisfies Transport
