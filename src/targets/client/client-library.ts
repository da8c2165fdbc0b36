import type { Version } from '../../model/version.ts'
import { buildOnce } from '../process/build-once.ts'
import type { Profile } from '../profile.ts'
import type { AppHandle, ClientTarget, Death } from '../target.ts'
import { TargetError } from '../target-error.ts'
import {
  type Adapter,
  type AdapterBudgets,
  type AdapterClient,
  connectAdapter,
  startAdapter,
} from './adapter.ts'
import { toJson } from './app-json.ts'
import { clientCommand, mustExist } from './client-command.ts'
import { reachLines } from './reach-lines.ts'
import { smoke } from './smoke.ts'

export type ClientOptions = {
  /** Folder of the profile: `$here`. */
  here: string
  /** Where our listeners are for this client; loopback unless it runs elsewhere. */
  listenHost?: string
  budgets?: Partial<AdapterBudgets>
  /** How long the proof may take that the client connects. */
  smokeMs?: number
}

/**
 * A client library behind an adapter that was found fit for use: it refuses what it does not know, echoes a nonce, and connects
 * in every version. Rejects with TargetError; then nothing of it runs.
 */
export async function startClient(profile: Profile, options: ClientOptions): Promise<ClientTarget> {
  const out = await buildOnce(profile, options.here)
  const library = new ClientLibrary(profile, { ...options, out })
  await library.start()
  return library
}

/** A library that fails so often is no library to test with. */
const restartsMax = 400
/** One that floods, or breaks its protocol, does so in every case, and each costs a start. */
const misfitsMax = 3

class ClientLibrary implements ClientTarget {
  readonly role = 'client'
  readonly level = 1
  readonly name: string
  /** Of the adapter. */
  readonly address: string
  readonly profile: Profile
  readonly listenHost: string
  private readonly options: ClientOptions & { out: string }
  /** With `isolate: client`, the processes of the clients that are open. */
  private readonly isolated = new Set<Adapter>()
  private starting: Promise<Adapter> | undefined
  private adapter: Adapter | undefined
  private lastDeath: Death | undefined
  private restarts = 0
  private misfits = 0
  private stopped = false

  constructor(profile: Profile, options: ClientOptions & { out: string }) {
    this.profile = profile
    this.name = profile.name
    this.options = options
    this.address = profile.adapter?.address ?? profile.adapter?.serial ?? 'stdio'
    this.listenHost = options.listenHost ?? profile.adapter?.host ?? '127.0.0.1'
  }

  /** Those that both the profile and the adapter claim. */
  get versions(): Version[] {
    const told = this.adapter?.hello.versions ?? []
    return this.profile.versions.filter(version => told.includes(version))
  }

  get can(): string[] {
    return this.adapter?.hello.can ?? []
  }

  get reconnects(): 'self' | 'asked' {
    return this.adapter?.hello.reconnects ?? 'asked'
  }

  /** Name and version of the library, as the adapter tells them. */
  get library(): { name: string; version: string } {
    const { name, version } = this.adapter?.hello ?? { name: this.name, version: '' }
    return { name, version }
  }

  async start(): Promise<void> {
    const adapter = await this.running()
    try {
      await adapter.qualify()
      await this.proveConnects(adapter)
    } catch (error) {
      await this.stop()
      throw error
    }
  }

  /** A case after one that killed the adapter gets a new process; the death is told by `death` and by that case's own commands. */
  async open(name: string): Promise<AppHandle> {
    if (this.profile.isolate === 'client') return this.openAlone(name)
    const adapter = await this.running()
    return handleOf(adapter.client(name))
  }

  /** A process of its own, which ends with the client. */
  private async openAlone(name: string): Promise<AppHandle> {
    if (this.stopped) throw new TargetError('ADAPTER_DIED', `${this.name} was stopped`)
    const adapter = await this.launch()
    if (this.stopped) await adapter.stop()
    this.isolated.add(adapter)
    const handle = handleOf(adapter.client(name))
    return {
      ...handle,
      stop: async () => {
        await handle.stop().catch(() => undefined)
        this.noteDeath()
        this.isolated.delete(adapter)
        await adapter.stop()
      },
    }
  }

  death(): Death | undefined {
    this.noteDeath()
    return this.lastDeath
  }

  async revive(): Promise<void> {
    await this.running()
    this.lastDeath = undefined
  }

  async stop(): Promise<void> {
    this.stopped = true
    const adapter = await this.starting?.catch(() => undefined)
    await Promise.all([adapter, ...this.isolated].map(one => one?.stop()))
  }

  private async running(): Promise<Adapter> {
    if (this.stopped) throw new TargetError('ADAPTER_DIED', `${this.name} was stopped`)
    const broken = this.adapter?.broken
    if (broken) {
      this.noteDeath()
      if (++this.restarts > restartsMax) throw broken
      if (broken.code === 'ADAPTER_BROKEN' && ++this.misfits > misfitsMax) throw broken
      this.adapter = undefined
      this.starting = undefined
    }
    this.starting ??= this.launch()
    this.adapter = await this.starting
    return this.adapter
  }

  private async launch(): Promise<Adapter> {
    const { adapter = {}, timing } = this.profile
    const { here, out } = this.options
    const budgets = {
      ...(timing?.startMs === undefined ? {} : { helloMs: timing.startMs }),
      ...(timing?.answerMs === undefined ? {} : { answerMs: timing.answerMs }),
      ...this.options.budgets,
    }
    if (!adapter.command) return connectAdapter(await reachLines(adapter), this.address, budgets)
    const command = clientCommand(this.profile, adapter.command, { here, out })
    await mustExist(this.profile, command[0] ?? '')
    return startAdapter({ command, ...(adapter.env ? { env: adapter.env } : {}), budgets })
  }

  private noteDeath(): void {
    const broken = [this.adapter, ...this.isolated].find(one => one?.broken)?.broken
    if (broken && !this.stopped) this.lastDeath = { reason: broken.message }
  }

  private async proveConnects(adapter: Adapter): Promise<void> {
    if (this.versions.length === 0) {
      throw new TargetError(
        'ADAPTER_BROKEN',
        `the profile of ${this.name} claims MQTT ${this.profile.versions.join(', ')}; its adapter speaks only ${adapter.hello.versions.join(', ')}`,
      )
    }
    const { smokeMs: withinMs } = this.options
    const options = { listenHost: this.listenHost, ...(withinMs === undefined ? {} : { withinMs }) }
    await Promise.all(this.versions.map(version => smoke(adapter, this.name, version, options)))
  }
}

function handleOf(client: AdapterClient): AppHandle {
  return {
    command: (name, fields) => client.command(name, toJson(fields)),
    onEvent: listener => client.onEvent(listener),
    ping: () => client.ping(),
    stop: () => client.stop(),
  }
}
