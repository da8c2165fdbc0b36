import {
  type BrokerOptions,
  brokerDefaults,
  createReferenceBroker,
} from '../../fixtures/testing/peers/broker.ts'
import {
  type ClientOptions,
  clientDefaults,
  createReferenceClient,
  type Message,
} from '../../fixtures/testing/peers/client.ts'
import { connectAdapter } from '../../src/targets/client/adapter.ts'
import { toJson } from '../../src/targets/client/app-json.ts'
import type { LineEndpoint } from '../../src/targets/client/lines.ts'
import type { BrokerTarget, ClientTarget } from '../../src/targets/target.ts'
import { TargetError } from '../../src/targets/target-error.ts'
import { dial } from '../../src/transport/dial.ts'

const host = '127.0.0.1'

/** The reference broker in this process, on loopback TCP. `optionsOf` is asked again for each instance: flaws keep notes. */
export async function brokerTarget(
  name: string,
  optionsOf: () => BrokerOptions,
): Promise<BrokerTarget> {
  const options = optionsOf()
  const broker = createReferenceBroker(options)
  const { port } = await broker.listen(0, host)
  return {
    role: 'broker',
    name,
    address: `mqtt://${host}:${port}`,
    profile: {
      name,
      role: 'broker',
      versions: [...(options.versions ?? brokerDefaults.versions)],
      durable: true,
      ...authOf(options),
    },
    credentials: {},
    transports: ['tcp'],
    dial: timeoutMs => dial({ transport: 'tcp', host, port }, { timeoutMs }),
    death: () => undefined,
    instance: () => brokerTarget(name, optionsOf),
    restart: how =>
      broker.restart(how).catch(error => {
        throw new TargetError('TARGET_NOT_BACK', `${name} does not serve: ${error.message}`, error)
      }),
    stop: () => broker.close(),
  }
}

/** The reference client in this process, behind the lines of the adapter protocol. */
export async function clientTarget(
  name: string,
  optionsOf: () => ClientOptions,
): Promise<ClientTarget> {
  const options = optionsOf()
  const adapter = await connectAdapter(linesOf(options), name)
  await adapter.qualify()
  const versions = [...(options.versions ?? clientDefaults.versions)]
  return {
    role: 'client',
    name,
    address: 'in-process',
    profile: { name, role: 'client', versions },
    level: 1,
    versions,
    can: adapter.hello.can,
    reconnects: adapter.hello.reconnects,
    listenHost: host,
    open: async app => {
      const client = adapter.client(app)
      return {
        command: (word, fields) => client.command(word, toJson(fields)),
        onEvent: listener => client.onEvent(listener),
        ping: () => client.ping(),
        stop: () => client.stop(),
      }
    },
    death: () => (adapter.broken ? { reason: adapter.broken.message } : undefined),
    stop: () => adapter.stop(),
  }
}

/** How its first user authenticates. */
function authOf({ authUsers = brokerDefaults.authUsers }: BrokerOptions) {
  const [user, password] = authUsers.split(',')[0]?.split(':') ?? []
  if (!user || password === undefined) return {}
  return { auth: { method: 'SCRAM-SHA-256', user, password } }
}

/** Both directions in a later tick, as through a pipe. */
function linesOf(options: ClientOptions): LineEndpoint {
  const client = createReferenceClient(options)
  return {
    send: line => void setImmediate(() => client.command(JSON.parse(line) as Message)),
    onLine: listener =>
      client.onMessage(message => {
        const line = JSON.stringify(message)
        setImmediate(() => listener(line))
      }),
    onEnd: () => undefined,
    stop: async () => client.stop(),
  }
}
