import type { AppCommand, AppEvent } from '../../model/app.ts'
import type { Recorder } from '../../model/recorder.ts'
import type { AppHandle } from '../../targets/target.ts'

/** How an adapter refuses a publish that its client has no room for until a message is complete. */
export const busy = 'busy'

/** One application on the client under test: what it was told to do and what it said. */
export class AppActor {
  readonly name: string
  readonly handle: AppHandle
  /** Events that no expectation has taken yet. */
  events: { seq: number; event: AppEvent }[] = []
  /** What it was told at its last `connect`, to be told again. */
  connectedWith: { [name: string]: unknown } | undefined
  private readonly recorder: Recorder
  private readonly changed: () => void

  constructor(name: string, handle: AppHandle, recorder: Recorder, changed: () => void) {
    this.recorder = recorder
    this.changed = changed
    this.name = name
    this.handle = handle
    handle.onEvent(raw => this.hear(raw))
  }

  /**
   * Hands a command to the adapter; its refusal is returned, not thrown. It is written down as it is given: what the client
   * does at once may be on the wire before the adapter has answered. A refusal is written down too, but `busy`: that is no "no" but a
   * "not yet", and the command is given `again` later.
   */
  async command(
    name: AppCommand['do'],
    fields: { [name: string]: unknown },
    again: 'first' | 'again' = 'first',
  ): Promise<string | undefined> {
    if (again === 'first') this.note(name, fields, { ok: true })
    const answer = await this.handle.command(name, fields)
    if (answer.ok) return undefined
    if (answer.error === busy) return busy
    this.note(name, fields, { ok: false, error: answer.error })
    return answer.error
  }

  /** The fence of an application: its echo comes behind everything it had to say. */
  async nonce(): Promise<void> {
    await this.handle.ping()
    this.recorder.record({ kind: 'fence', actors: [this.name], how: 'nonce' })
  }

  private note(
    name: AppCommand['do'],
    fields: { [name: string]: unknown },
    outcome: { ok: boolean; error?: string },
  ): void {
    const { payload } = fields
    this.recorder.record({
      kind: 'command',
      actor: this.name,
      command: {
        do: name,
        ...pick(fields, ['topic', 'filter', 'qos', 'tag']),
        ...(payload instanceof Uint8Array ? { payload } : {}),
        ...outcome,
      } as AppCommand,
    })
  }

  /** The application knows of a connection: it was told `connected`, and not that it ended. */
  connected = false
  /**
   * It was told to connect again and no connection has come yet. Where it heard of the cut only after that, it took itself
   * for connected; where the attempt failed, nothing more comes of it. Then it has to be told once more.
   */
  reconnecting = false

  /** So many times it was told that a message is complete, or failed. */
  published = 0
  /** So many of its publishes were taken. */
  taken = 0

  private tellAgain(): void {
    if (!this.reconnecting || !this.connectedWith) return
    this.command('connect', this.connectedWith).catch(() => undefined)
  }

  /** What it says from now on is too much. */
  stopHearing(): void {
    this.isDeaf = true
  }

  private isDeaf = false

  private hear(raw: { event: string; [name: string]: unknown }): void {
    const event = this.isDeaf ? undefined : eventOf(raw)
    if (!event) return
    const { seq } = this.recorder.record({ kind: 'app', actor: this.name, event })
    if (event.event === 'published') this.published += 1
    if (event.event === 'connected') this.connected = (event.code ?? 0) === 0
    if (event.event === 'disconnected' || event.event === 'connect-failed') {
      this.connected = false
      this.tellAgain()
    }
    this.events.push({ seq, event })
    this.changed()
  }
}

const known = new Set([
  'ready',
  'connected',
  'delivered',
  'published',
  'subscribed',
  'unsubscribed',
  'disconnected',
  'connect-failed',
  'log',
])

/** An adapter's line as an event of ours; payloads become bytes. Unknown events are dropped: protocols grow. */
export function eventOf(raw: { event: string; [name: string]: unknown }): AppEvent | undefined {
  if (!known.has(raw.event)) return undefined
  const { id: _id, client: _client, payload, payloadHex, ...rest } = raw
  if (raw.event === 'published' && typeof raw.id === 'number') {
    return { ...rest, id: raw.id } as AppEvent
  }
  if (raw.event !== 'delivered') return rest as AppEvent
  const bytes =
    typeof payloadHex === 'string'
      ? Uint8Array.from(Buffer.from(payloadHex, 'hex'))
      : new TextEncoder().encode(typeof payload === 'string' ? payload : '')
  return { ...rest, payload: bytes } as unknown as AppEvent
}

function pick(from: { [name: string]: unknown }, names: string[]): { [name: string]: unknown } {
  return Object.fromEntries(
    names.filter(name => from[name] !== undefined).map(name => [name, from[name]]),
  )
}
