import { endingText, type OwnedProcess, spawnOwned } from '../process/processes.ts'
import type { Profile } from '../profile.ts'
import type { AppHandle, ClientTarget } from '../target.ts'
import { textOf } from './app-json.ts'
import { clientCommand, mustExist } from './client-command.ts'

/*
 * Level 0: a client that is a program for one purpose, as mosquitto_pub is. Every case starts it once, with what the case asks
 * for in its arguments and environment. Nothing tells what an application saw: the wire alone is judged.
 */

export type CommandClientOptions = { here: string; listenHost?: string }

type Commands = NonNullable<Profile['commands']>
type Fields = { [name: string]: unknown }
type Answer = Awaited<ReturnType<AppHandle['command']>>

/** Rejects with TargetError where a program of the profile's commands is missing. */
export async function startCommandClient(
  profile: Profile,
  options: CommandClientOptions,
): Promise<ClientTarget> {
  const { publish, subscribe } = profile.commands ?? {}
  for (const command of [publish, subscribe]) {
    if (command) await mustExist(profile, clientCommand(profile, command, {})[0] ?? '')
  }
  const handles = new Set<AppHandle>()
  return {
    role: 'client',
    name: profile.name,
    address: 'command',
    profile,
    level: 0,
    versions: profile.versions,
    can: ['connect', ...(publish ? ['publish'] : []), ...(subscribe ? ['subscribe'] : [])],
    reconnects: 'self',
    listenHost: options.listenHost ?? '127.0.0.1',
    open: async () => {
      const handle = new CommandHandle(profile, options.here)
      handles.add(handle)
      return handle
    },
    death: () => undefined,
    stop: async () => {
      await Promise.all([...handles].map(handle => handle.stop()))
    },
  }
}

const supported = (): Answer => ({ ok: true })
const refused = (error: string): Answer => ({ ok: false, error })

class CommandHandle implements AppHandle {
  private readonly profile: Profile
  private readonly here: string
  private readonly listeners: ((event: { event: string; [name: string]: unknown }) => void)[] = []
  private connection: Fields | undefined
  private running: OwnedProcess | undefined

  constructor(profile: Profile, here: string) {
    this.profile = profile
    this.here = here
  }

  async command(name: string, fields: Fields): Promise<Answer> {
    switch (name) {
      case 'connect':
        return this.connect(fields)
      case 'publish':
      case 'subscribe':
        return this.start(name, fields)
      default:
        return refused('unsupported')
    }
  }

  onEvent(listener: (event: { event: string; [name: string]: unknown }) => void): void {
    this.listeners.push(listener)
  }

  /** It says nothing of what it saw, so there is nothing to wait for. */
  async ping(): Promise<void> {
    return undefined
  }

  async stop(): Promise<void> {
    this.running?.signal('kill')
    await this.running?.ended
  }

  /** The program connects when it starts; a second connect is up to a program that still runs. */
  private connect(fields: Fields): Answer {
    if (this.running?.ending()) {
      return refused('the program has ended; a second one would know nothing of the first')
    }
    this.connection ??= fields
    return supported()
  }

  private async start(what: 'publish' | 'subscribe', fields: Fields): Promise<Answer> {
    const template = this.profile.commands?.[what]
    if (!template) return refused('unsupported')
    if (!this.connection) return refused('connect comes first')
    if (this.running) return refused('unsupported: the program does one thing in each case')
    const values = valuesOf({ ...this.connection, ...fields })
    if (typeof values === 'string') return refused(values)
    const silent = unmentioned(values, template)
    if (silent) return refused(`unsupported: the command has no place for ${silent}`)
    const words = this.profile.commands?.words ?? {}
    const args = template.flatMap(word => wordsFor(word, values, words))
    const command = clientCommand(this.profile, args.slice(0, 1), { here: this.here })
    const how = { env: environment(values), isBrief: true }
    this.running = await spawnOwned([...command, ...args.slice(1)], how)
    void this.running.ended.then(() => this.tellEnd())
    return supported()
  }

  private tellEnd(): void {
    const { running } = this
    const ending = running?.ending()
    if (!running || !ending) return
    const said = running.tail()
    if (said !== '') this.emit({ event: 'log', text: said })
    this.emit({
      event: 'disconnected',
      ...(ending.code === 0 ? {} : { error: endingText(ending) }),
    })
  }

  private emit(event: { event: string; [name: string]: unknown }): void {
    for (const listener of this.listeners) listener(event)
  }
}

/** What a command line can carry: texts. A text says why it cannot. */
function valuesOf(fields: Fields): { [name: string]: string } | string {
  const values: { [name: string]: string } = { topic: String(fields.filter ?? '') }
  for (const [name, value] of Object.entries(fields)) {
    if (name === 'tag' || value === undefined) continue
    const text = value instanceof Uint8Array ? textOf(value) : String(value)
    if (text === undefined || text.includes('\0'))
      return `unsupported: ${name} is no text for a command line`
    if (typeof value === 'object' && !(value instanceof Uint8Array)) return `unsupported: ${name}`
    values[name] = text
  }
  return values
}

/** What every command may leave out: it is the program's own affair, or a default. */
const harmless = new Set(['filter', 'topic', 'clientId', 'keepAliveS', 'payload'])

/** A value that the command would drop in silence, so that the case would not be the one that was asked for. */
function unmentioned(
  values: { [name: string]: string },
  template: readonly string[],
): string | undefined {
  const text = template.join(' ')
  return Object.entries(values).find(
    ([name, value]) => !harmless.has(name) && value !== 'false' && !text.includes(`$${name}`),
  )?.[0]
}

function wordsFor(
  word: string,
  values: { [name: string]: string },
  words: NonNullable<Commands['words']>,
): string[] {
  const alone = /^\$([A-Za-z]+)$/.exec(word)?.[1]
  const list = alone === undefined ? undefined : words[alone]?.[values[alone] ?? '']
  return (
    list ?? [word.replace(/\$([a-z][A-Za-z]*)/g, (whole, name: string) => values[name] ?? whole)]
  )
}

/** `clientId` as MQTTSPEC_CLIENT_ID, for programs that take no arguments. */
function environment(values: { [name: string]: string }): { [name: string]: string } {
  return Object.fromEntries(
    Object.entries(values).map(([name, value]) => [
      `MQTTSPEC_${name.replace(/[A-Z]/g, letter => `_${letter}`).toUpperCase()}`,
      value,
    ]),
  )
}
