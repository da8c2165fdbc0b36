import net from 'node:net'

/** The versions of the header by which a balancer tells whom it speaks for. Source: the PROXY protocol, versions 1 and 2. */
export const proxyHeaders = ['v1', 'v2'] as const
export type ProxyHeader = (typeof proxyHeaders)[number]

/** The two ends of a connection, as the balancer saw it. */
export type Route = { from: Host; to: Host }
type Host = { address: string; port: number }

/** What stands before the first byte of a connection: `from` wants to speak to `to`. */
export function proxyHeader(version: ProxyHeader, route: Route): Uint8Array {
  switch (version) {
    case 'v1':
      return Buffer.from(inWords(route), 'latin1')
    case 'v2':
      return inBytes(route)
  }
}

function inWords({ from, to }: Route): string {
  const family = net.isIPv6(from.address) ? 'TCP6' : 'TCP4'
  return `PROXY ${family} ${from.address} ${to.address} ${from.port} ${to.port}\r\n`
}

const signature = Buffer.from('\r\n\r\n\0\r\nQUIT\n', 'latin1')
/** Version 2, on behalf of somebody. */
const proxied = 0x21
const streamOver = { 4: 0x11, 6: 0x21 } as const

function inBytes({ from, to }: Route): Uint8Array {
  const family = net.isIPv6(from.address) ? 6 : 4
  const hosts = Buffer.concat([addressBytes(from.address), addressBytes(to.address)])
  const ports = Buffer.alloc(4)
  ports.writeUInt16BE(from.port, 0)
  ports.writeUInt16BE(to.port, 2)
  const length = Buffer.alloc(2)
  length.writeUInt16BE(hosts.length + ports.length)
  return Buffer.concat([
    signature,
    Buffer.from([proxied, streamOver[family]]),
    length,
    hosts,
    ports,
  ])
}

function addressBytes(address: string): Buffer {
  if (net.isIPv4(address)) return Buffer.from(address.split('.').map(Number))
  const [head = '', tail] = address.split('::')
  const before = groupsOf(head)
  const after = groupsOf(tail ?? '')
  const between = Array.from({ length: 8 - before.length - after.length }, () => 0)
  const bytes = Buffer.alloc(16)
  for (const [index, group] of [...before, ...between, ...after].entries()) {
    bytes.writeUInt16BE(group, index * 2)
  }
  return bytes
}

function groupsOf(text: string): number[] {
  return text === '' ? [] : text.split(':').map(group => Number.parseInt(group, 16))
}
