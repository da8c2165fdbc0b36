import type { Duplex } from 'node:stream'
import type { Version } from '../../model/version.ts'
import { Listener } from '../../transport/listen.ts'
import { TargetError } from '../target-error.ts'
import type { Adapter, AdapterEvent } from './adapter.ts'

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
  const streams: Duplex[] = []
  let reached: () => void
  const dialled = new Promise<void>(resolve => {
    reached = resolve
  })
  const listener: Listener = await Listener.open({
    host: listenHost,
    port: 0,
    changed() {
      for (const stream of listener.waiting.splice(0)) {
        streams.push(stream)
        answerConnect(stream, version, reached)
      }
    },
  })
  const { port } = listener
  const host = listenHost === '0.0.0.0' ? '127.0.0.1' : listenHost
  const client = adapter.client(`smoke-${version}`)
  const connected = new Promise<AdapterEvent>(resolve => {
    client.onEvent(event => event.event === 'connected' && resolve(event))
  })
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
    await within(withinMs, dialled, () =>
      broken(`sent no CONNECT in ${withinMs} ms`, connectAdvice),
    )
    const event = await within(withinMs, connected, () =>
      broken(`got CONNACK and told no "connected" event in ${withinMs} ms`, connectedAdvice),
    )
    if (event.code !== 0)
      throw broken(`got CONNACK 0 and told ${JSON.stringify(event)}`, connectedAdvice)
    await client.stop()
  } finally {
    for (const stream of streams) stream.destroy()
    listener.close()
  }
}

/** Answers the first CONNECT, of whatever content, with success. */
function answerConnect(stream: Duplex, version: Version, answered: () => void): void {
  const connack = version === '5.0' ? [0x20, 3, 0, 0, 0] : [0x20, 2, 0, 0]
  stream.on('error', () => undefined)
  // CONNECT is short and the client waits for CONNACK: what has come with the first byte is answered.
  stream.once('data', (bytes: Uint8Array) => {
    if (bytes[0] !== 0x10) return
    stream.write(Uint8Array.from(connack))
    answered()
  })
  stream.resume()
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
