import type { Duplex } from 'node:stream'
import { setTimeout as wait } from 'node:timers/promises'
import { protocolLevel, type Version } from '../model/version.ts'
import { encode } from '../wire/codec.ts'

/** Between two attempts to reach a broker that is starting; this decides nothing but when we look again. */
const retryMs = 20

export type ReadyOptions = {
  dial(): Promise<Duplex>
  version: Version
  credentials: { username?: string; password?: string }
  budgetMs: number
  /** Set when there is no more hope: the process has ended. */
  gaveUp(): string | undefined
}

/** Waits until the broker answers CONNECT by CONNACK. Returns what went wrong, or undefined when it serves. */
export async function waitUntilReady(options: ReadyOptions): Promise<string | undefined> {
  const end = performance.now() + options.budgetMs
  let last = 'no attempt'
  while (performance.now() < end) {
    const hopeless = options.gaveUp()
    if (hopeless) return hopeless
    const left = Math.max(1, end - performance.now())
    const problem = await knock(options, Math.min(left, 5000))
    if (problem === undefined) return undefined
    last = problem
    await wait(retryMs)
  }
  return `${last}, after ${Math.round(options.budgetMs)} ms of trying`
}

/** One CONNECT. Any CONNACK will do: whether it accepts is for the probes to say. */
async function knock(options: ReadyOptions, budgetMs: number): Promise<string | undefined> {
  let stream: Duplex
  try {
    stream = await options.dial()
  } catch (error) {
    return (error as NodeJS.ErrnoException).code ?? String(error)
  }
  const { username, password } = options.credentials
  return new Promise(resolve => {
    const finish = (problem: string | undefined) => {
      clearTimeout(timer)
      stream.removeAllListeners('close')
      stream.on('error', () => undefined)
      stream.destroy()
      resolve(problem)
    }
    const timer = setTimeout(() => finish('no CONNACK'), budgetMs)
    stream.on('error', () => finish('the connection broke before CONNACK'))
    stream.on('close', () => finish('the connection was closed before CONNACK'))
    stream.on('data', (chunk: Uint8Array) =>
      finish(chunk[0] === 0x20 ? undefined : 'the answer to CONNECT is no CONNACK'),
    )
    stream.write(
      encode(
        {
          type: 'CONNECT',
          protocolName: options.version === '3.1' ? 'MQIsdp' : 'MQTT',
          protocolLevel: protocolLevel[options.version],
          clientId: `ready${Math.floor(performance.now() * 1000).toString(36)}`.slice(0, 23),
          clean: true,
          keepAliveS: 10,
          ...(username === undefined ? {} : { username }),
          ...(password === undefined ? {} : { password: new TextEncoder().encode(password) }),
          properties: {},
        },
        options.version,
      ),
    )
    stream.resume()
  })
}
