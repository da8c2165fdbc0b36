import { mkdir, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { type Address, parseAddress, showAddress } from '../transport/address.ts'
import { dial } from '../transport/dial.ts'
import { freePorts, isFree } from './process/free-port.ts'
import { endingText, type OwnedProcess, spawnOwned } from './process/processes.ts'
import { waitUntilReady } from './process/ready.ts'
import { makeTemporary, removeTemporary } from './process/temporary.ts'
import type { Profile } from './profile.ts'
import { addressesOf, addressFor, type Reach, writeForTransports } from './reach.ts'
import type { BrokerTarget } from './target.ts'
import { TargetError } from './target-error.ts'
import { replaceVariables } from './variables.ts'

/** Ports may be taken between our look and the broker's: then others are tried, as long as the budget for a start lasts. */
const startTriesMax = 3

type Start = NonNullable<Profile['start']>
type StartOptions = { here: string; budgetMs: number; reach?: Reach }

/** A broker that we start in a fresh temporary directory on ephemeral ports, and stop. Rejects with TargetError. */
export async function startBroker(profile: Profile, options: StartOptions): Promise<BrokerTarget> {
  const { start } = profile
  if (!start) throw new TargetError('TARGET_NOT_READY', `${profile.name} has no start command`)
  const end = performance.now() + options.budgetMs
  for (let attempt = 1; ; attempt++) {
    const place = await prepare(profile, start, options)
    const running = new BrokerProcess(profile, start, place, options)
    try {
      await running.launch()
      return running
    } catch (error) {
      await running.stop()
      const hopeless = !(error instanceof TargetError) || error.code === 'PROGRAM_MISSING'
      if (hopeless || attempt === startTriesMax || performance.now() >= end) throw error
    }
  }
}

type Where = { dir: string; variables: { [name: string]: string }; addresses: Address[] }

async function prepare(profile: Profile, start: Start, options: StartOptions): Promise<Where> {
  const { here, reach = {} } = options
  const [port, port2, port3, port4] = await freePorts(4)
  return settleDown(profile, start, reach, {
    here,
    node: process.execPath,
    port: String(port),
    port2: String(port2),
    port3: String(port3),
    port4: String(port4),
  })
}

/** A fresh directory with the profile's files. */
async function settleDown(
  profile: Profile,
  start: Start,
  reach: Reach,
  known: { [name: string]: string },
): Promise<Where> {
  const dir = await makeTemporary(profile.name)
  const variables = { ...known, dir }
  for (const [name, text] of Object.entries(start.files ?? {})) {
    const file = path.join(dir, name)
    await mkdir(path.dirname(file), { recursive: true })
    await writeFile(file, replaceVariables(text, variables))
  }
  const own = parseAddress(replaceVariables(profile.address ?? plainAddress, variables))
  await writeForTransports(own.transport, dir, { profile, variables, reach })
  const around = { profile, here: known.here ?? '', variables, reach }
  return { dir, variables, addresses: await addressesOf(own, around) }
}

const plainAddress = 'mqtt://127.0.0.1:$port'

class BrokerProcess implements BrokerTarget {
  readonly role = 'broker'
  readonly name: string
  readonly address: string
  readonly profile: Profile
  readonly credentials: { username?: string; password?: string }
  private readonly startWith: Start
  private where: Where
  private readonly options: StartOptions
  private running: OwnedProcess | undefined
  private asked = false
  private served = false
  private stopped = false
  private launching: Promise<void> | undefined

  constructor(profile: Profile, startWith: Start, where: Where, options: StartOptions) {
    this.profile = profile
    this.name = profile.name
    this.startWith = startWith
    this.where = where
    this.options = options
    const at = addressFor(where.addresses, undefined)
    this.address = showAddress(at)
    this.transports = where.addresses.map(({ transport }) => transport)
    this.dial = (timeoutMs, transport) =>
      dial(addressFor(this.where.addresses, transport), { timeoutMs })
    this.credentials = {
      ...(at.username === undefined ? {} : { username: at.username }),
      ...(at.password === undefined ? {} : { password: at.password }),
    }
  }

  readonly dial: BrokerTarget['dial']
  readonly transports: BrokerTarget['transports']

  /** Starts the process and waits until it serves. Rejects with TargetError where it does not, or is stopped meanwhile. */
  launch(): Promise<void> {
    this.launching = this.launchOnce()
    return this.launching
  }

  private async launchOnce(): Promise<void> {
    const { variables, dir } = this.where
    this.unlessStopped()
    const [program = '', ...args] = this.startWith.command.map(word =>
      replaceVariables(word, variables),
    )
    const env = Object.fromEntries(
      Object.entries(this.startWith.env ?? {}).map(([name, value]) => [
        name,
        replaceVariables(value, variables),
      ]),
    )
    this.asked = false
    const command = [program === 'node' ? process.execPath : program, ...args]
    const running = await spawnOwned(command, { cwd: dir, env }).catch(error => {
      throw error instanceof TargetError
        ? new TargetError(error.code, `${error.message}${this.howToGet()}`, error)
        : error
    })
    this.running = running
    this.unlessStopped()
    let problem: string | undefined
    for (const transport of this.transports) problem ??= await this.servesOver(transport, running)
    this.served ||= problem === undefined
    if (problem === undefined) return
    const said = running.tail().trim().split('\n').slice(-6).join('\n')
    throw new TargetError(
      'TARGET_NOT_READY',
      `${this.name} does not serve: ${problem}${said ? `; it said:\n${said}` : ''}${this.howToGet()}`,
    )
  }

  /** What is wrong where it does not serve over that transport. */
  private servesOver(transport: string, running: OwnedProcess): Promise<string | undefined> {
    return waitUntilReady({
      dial: () => this.dial(2000, transport),
      version: this.profile.versions.includes('3.1.1') ? '3.1.1' : '5.0',
      credentials: this.credentials,
      budgetMs: Math.max((this.startWith.readyS ?? 0) * 1000, this.options.budgetMs),
      gaveUp: () => {
        const ending = running.ending()
        return ending ? endingText(ending) : undefined
      },
    })
  }

  private unlessStopped(): void {
    if (this.stopped) throw new TargetError('TARGET_NOT_READY', `${this.name} was stopped`)
  }

  /** One that never served may never have been installed. */
  private howToGet(): string {
    const { install } = this.profile
    if (install === undefined || this.served) return ''
    return `\nto get it: ${replaceVariables(install.trim(), this.where.variables)}`
  }

  get processId(): number | undefined {
    return this.running?.ending() === undefined ? this.running?.pid : undefined
  }

  death() {
    const ending = this.running?.ending()
    return ending && !this.asked ? { reason: `${this.name} ${endingText(ending)}` } : undefined
  }

  instance(): Promise<BrokerTarget> {
    return startBroker(this.profile, this.options)
  }

  async restart(how: 'term' | 'kill'): Promise<void> {
    this.asked = true
    const { running } = this
    if (running) {
      running.signal(how)
      await running.stop(this.options.budgetMs)
    }
    try {
      await this.launch()
    } catch (error) {
      throw await this.notBack(error)
    }
  }

  /** Somebody else may have taken its port meanwhile, and we may have stopped it; otherwise it is its own failure. */
  private async notBack(error: unknown): Promise<unknown> {
    const silent = error instanceof TargetError && error.code === 'TARGET_NOT_READY'
    if (!silent || this.stopped) return error
    this.asked = true
    await this.running?.stop()
    if (!(await isFree(parseAddress(this.address).port))) return error
    return new TargetError('TARGET_NOT_BACK', error.message, error)
  }

  renew(): Promise<void> {
    this.launching = this.renewOnce()
    return this.launching
  }

  private async renewOnce(): Promise<void> {
    this.asked = true
    this.running?.signal('kill')
    await this.running?.stop()
    const { dir, variables } = this.where
    this.where = await settleDown(this.profile, this.startWith, this.options.reach ?? {}, variables)
    await removeTemporary(dir)
    await this.launchOnce()
  }

  /** Also while it is starting: the process that comes of that ends here, too. */
  async stop(): Promise<void> {
    this.asked = true
    this.stopped = true
    await this.running?.stop()
    await this.launching?.catch(() => undefined)
    await this.running?.stop()
    await removeTemporary(this.where.dir)
  }
}
