import { once } from 'node:events'
import net from 'node:net'
import type { Version } from '../model/version.ts'
import type { Adapter, AdapterEvent } from './adapter.ts'
import { TargetError } from './target-error.ts'

/** From the command to CONNECT on our port, and from CONNACK to the event. */
const smokeMs = 10_000

/**
 * One connection, CONNECT and CONNACK, told by `connected`: proof that the adapter drives a client that reaches us. What the client
 * does beyond that is for the suites to judge. Rejects with TargetError.
 */
export async function smoke(
  adapter: Adapter,
  label: string,
  version: Version,
  options: { listenHost: string; withinMs?: number },
): Promise<void> {
  const { listenHost, withinMs = smokeMs } = options
  const server = net.createServer()
  await once(server.listen(0, listenHost), 'listening')
  const { port } = server.address() as net.AddressInfo
  const host = listenHost === '0.0.0.0' ? '127.0.0.1' : listenHost
  const client = adapter.client(`smoke-${version}`)
  const connected = new Promise<AdapterEvent>(resolve => {
    client.onEvent(event => event.event === 'connected' && resolve(event))
  })
  const sockets = new Set<net.Socket>()
  const reached = accept(server, version, sockets)
  const broken = (what: string, advice: string) =>
    new TargetError(
      'ADAPTER_BROKEN',
      `the adapter of ${label}, asked to connect to ${host}:${port} with MQTT ${version}, ${what}. ${adapter.wrote}\n${advice}`,
    )
  try {
    const answer = await client.command('connect', {
      ...{ host, port, version, clientId: 'mqttspec-smoke', session: 'fresh', keepAliveS: 60 },
    })
    if (!answer.ok) throw broken(`answered with the error "${answer.error}"`, versionsAdvice)
    await within(withinMs, reached, () =>
      broken(`sent no CONNECT in ${withinMs} ms`, connectAdvice),
    )
    const event = await within(withinMs, connected, () =>
      broken(`got CONNACK and told no "connected" event in ${withinMs} ms`, connectedAdvice),
    )
    if (event.code !== 0)
      throw broken(`got CONNACK 0 and told ${JSON.stringify(event)}`, connectedAdvice)
    await client.stop()
  } finally {
    for (const socket of sockets) socket.destroy()
    server.close()
  }
}

/** Answers the first CONNECT, of whatever content, with success. */
function accept(server: net.Server, version: Version, sockets: Set<net.Socket>): Promise<void> {
  const connack = version === '5.0' ? [0x20, 3, 0, 0, 0] : [0x20, 2, 0, 0]
  return new Promise(resolve => {
    server.on('connection', socket => {
      sockets.add(socket)
      socket.on('error', () => undefined)
      // CONNECT is short and the client waits for CONNACK: what has come with the first byte is answered.
      socket.once('data', bytes => {
        if (bytes[0] !== 0x10) return
        socket.write(Uint8Array.from(connack))
        socket.resume()
        resolve()
      })
    })
  })
}

const versionsAdvice = 'A version that the library cannot speak does not belong in "versions".'
const connectAdvice =
  'connect has the library dial `host` and `port` of the command; an answer "ok" alone is no connection.'
const connectedAdvice =
  'When CONNACK arrives the adapter tells {"event":"connected","client":…,"code":0}, with the `client` of the command.'

function within<T>(ms: number, promise: Promise<T>, late: () => TargetError): Promise<T> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(late()), ms)
    promise.then(resolve, reject).finally(() => clearTimeout(timer))
  })
}
