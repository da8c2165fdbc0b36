import { randomUUID } from 'node:crypto'
import { hideAllSecrets, hideSecrets } from '../../model/secrets.ts'
import { spawnOwned } from '../process/processes.ts'
import { TargetError, type TargetErrorCode } from '../target-error.ts'
import { readEvent } from './adapter-events.ts'
import { emptyHello, type Hello, helloOf, helloProblem } from './hello.ts'
import { type LineEndpoint, processLines } from './lines.ts'

/*
 * Our side of the adapter protocol (fixtures/targets/clients/README.md): commands out, answers and events in, one JSON object a line.
 * An adapter is somebody else's program and may do anything. Whatever it does becomes a TargetError with its name on it, within
 * a named budget, and never a verdict on the client behind it.
 */

export type AdapterBudgets = {
  /** From start to the answer to `hello`; an interpreter or a JVM starts meanwhile. */
  helloMs: number
  /** From a command to its answer. */
  answerMs: number
}

const adapterBudgets: AdapterBudgets = { helloMs: 20_000, answerMs: 10_000 }

export type AdapterOptions = {
  command: readonly string[]
  cwd?: string
  env?: { [name: string]: string }
  transport?: 'stdio'
  budgets?: Partial<AdapterBudgets>
}

type Json = { [name: string]: unknown }
export type AdapterAnswer = { ok: true; [name: string]: unknown } | { ok: false; error: string }
export type AdapterEvent = { event: string; [name: string]: unknown }

/** Starts the adapter's process and hears its hello. Rejects with TargetError; then nothing of it runs any more. */
export async function startAdapter(options: AdapterOptions): Promise<Adapter> {
  const owned = await spawnOwned(options.command, {
    ...(options.cwd === undefined ? {} : { cwd: options.cwd }),
    ...(options.env === undefined ? {} : { env: options.env }),
    input: true,
  })
  return connectAdapter(processLines(owned), options.command.join(' '), options.budgets)
}

/** As `startAdapter`, over lines that exist already. `label` names the adapter in messages. */
export async function connectAdapter(
  lines: LineEndpoint,
  label: string,
  budgets: Partial<AdapterBudgets> = {},
): Promise<Adapter> {
  const adapter = new Adapter(lines, label, { ...adapterBudgets, ...budgets })
  try {
    await adapter.greet()
    return adapter
  } catch (error) {
    await adapter.stop()
    throw error
  }
}

/** Characters of non-protocol output in all. An adapter may log; one that writes more than this is out of control. */
const noiseCharsMax = 8 * 1024 * 1024
/** Events between two answers, and their characters: more than any scenario asks for, and little enough to be held in memory. */
const eventsMax = 100_000
const eventCharsMax = 24 * 1024 * 1024

type Waiting = {
  what: string
  settle(answer: AdapterAnswer): void
  reject(error: TargetError): void
  timer: NodeJS.Timeout
}

export class Adapter {
  /** Set by `greet`. */
  hello: Hello = emptyHello
  private readonly lines: LineEndpoint
  private readonly label: string
  private readonly budgets: AdapterBudgets
  private readonly waiting = new Map<number, Waiting>()
  private readonly clients = new Map<string, AdapterClient>()
  private lastId = 0
  private greeted = false
  private stopping: Promise<void> | undefined
  private failure: TargetError | undefined
  private noiseChars = 0
  private eventsSinceAnswer = 0
  private eventCharsSinceAnswer = 0

  constructor(lines: LineEndpoint, label: string, budgets: AdapterBudgets) {
    this.lines = lines
    this.label = hideAllSecrets(label)
    this.budgets = budgets
    lines.onLine(line => this.take(line))
    lines.onEnd(reason => this.end(reason))
  }

  /** Set when the adapter failed; it is of no use any more. */
  get broken(): TargetError | undefined {
    return this.failure
  }

  /** A sentence with what it wrote last, for messages. */
  get wrote(): string {
    const tail = printable(lastWords(this.lines.tail?.() ?? ''))
    return tail === '' ? 'It wrote nothing.' : `It wrote last:\n${indented(tail)}`
  }

  async greet(): Promise<void> {
    const answer = await this.command('hello', {}, this.budgets.helloMs)
    if (!answer.ok)
      throw this.fail('ADAPTER_BROKEN', `answered hello with the error "${answer.error}"`)
    const problem = helloProblem(answer)
    if (problem)
      throw this.fail('ADAPTER_BROKEN', `answered hello with ${written(answer)}: ${problem}`)
    this.hello = helloOf(answer)
    this.greeted = true
  }

  /** Proves that it refuses what it does not know and that it answers what it is asked, before any client is blamed. */
  async qualify(): Promise<void> {
    const unknown = `unknown-${randomUUID().slice(0, 8)}`
    const refusal = await this.command(unknown, {})
    if (refusal.ok || refusal.error !== 'unsupported') {
      throw this.fail(
        'ADAPTER_BROKEN',
        `answered the unknown command "${unknown}" with ${written(refusal)}, not with {"error":"unsupported"}; an adapter that agrees to all it is asked would make cases pass that never ran`,
      )
    }
    await this.ping()
  }

  /** Everything the adapter had to say before has been said when this resolves. */
  async ping(client?: string): Promise<void> {
    const nonce = randomUUID()
    const answer = await this.command('ping', client === undefined ? { nonce } : { client, nonce })
    if (answer.ok && answer.nonce === nonce) return
    throw this.fail(
      'ADAPTER_BROKEN',
      `answered ping with ${written(answer)}, not with {"ok":{"nonce":"${nonce}"}}`,
    )
  }

  /** The handle of one client in the adapter. Its name is used for nothing else at the same time. */
  client(name: string): AdapterClient {
    const client = new AdapterClient(this, name)
    this.clients.set(name, client)
    return client
  }

  /** Sends one command and waits for its answer. Rejects with TargetError where none comes. */
  command(name: string, fields: Json, withinMs = this.budgets.answerMs): Promise<AdapterAnswer> {
    if (this.failure) return Promise.reject(this.failure)
    const id = ++this.lastId
    const what = show({ do: name, ...fields })
    return new Promise((settle, reject) => {
      const timer = setTimeout(() => reject(this.silent(what, withinMs)), withinMs)
      this.waiting.set(id, { what, settle, reject, timer })
      this.lines.send(JSON.stringify({ id, do: name, ...fields }))
    })
  }

  forget(name: string): void {
    this.clients.delete(name)
  }

  /** Ends the adapter and all it left behind. */
  stop(): Promise<void> {
    this.failure ??= new TargetError('ADAPTER_DIED', `the adapter \`${this.label}\` was stopped`)
    this.rejectAll(this.failure)
    this.stopping ??= this.lines.stop('orderly')
    return this.stopping
  }

  private take(line: string): void {
    if (this.failure) return
    const message = parse(hideSecrets(line))
    if (typeof message?.event === 'string') {
      this.event({ ...message, event: message.event }, line)
    } else if (typeof message?.id === 'number') this.answer(message.id, message, line)
    else this.noise(line)
  }

  private answer(id: number, message: Json, line: string): void {
    const waiting = this.waiting.get(id)
    if (!waiting) {
      this.fail(
        'ADAPTER_BROKEN',
        `answered ${show(line)}; no command with this id waits for an answer`,
      )
      return
    }
    const answer = answerOf(message)
    if (!answer) {
      this.fail(
        'ADAPTER_BROKEN',
        `answered ${waiting.what} with ${show(line)}, which has neither an object "ok" nor a text "error"`,
      )
      return
    }
    this.eventsSinceAnswer = 0
    this.eventCharsSinceAnswer = 0
    this.waiting.delete(id)
    clearTimeout(waiting.timer)
    waiting.settle(answer)
  }

  private event(told: AdapterEvent, line: string): void {
    this.eventCharsSinceAnswer += line.length
    if (++this.eventsSinceAnswer > eventsMax || this.eventCharsSinceAnswer > eventCharsMax) {
      this.fail(
        'ADAPTER_BROKEN',
        `floods its output: more than ${eventsMax} events, or ${eventCharsMax} characters of them, without an answer`,
      )
      return
    }
    const read = readEvent(told)
    if (!read) return
    if ('problem' in read) {
      this.fail('ADAPTER_BROKEN', `told ${show(line)}: ${read.problem}`)
      return
    }
    const { event } = read
    const name = typeof event.client === 'string' ? event.client : 'app'
    this.clients.get(name)?.take(event)
  }

  /** Not of the protocol: an adapter, or the library in it, may log. It counts, and stands in the tail when something fails. */
  private noise(line: string): void {
    if (line.trim() === '') return
    this.noiseChars += line.length + 1
    if (this.noiseChars > noiseCharsMax) {
      this.fail(
        'ADAPTER_BROKEN',
        `floods its output: more than ${noiseCharsMax} characters that are no JSON line of the protocol`,
      )
    }
  }

  private silent(what: string, withinMs: number): TargetError {
    const tookMs = `in ${withinMs} ms`
    if (this.greeted) return this.fail('ADAPTER_SILENT', `gave no answer to ${what} ${tookMs}`)
    const said = this.noiseChars > 0 ? '; what it wrote are no JSON lines' : ''
    return this.fail('ADAPTER_SILENT', `gave no answer to hello ${tookMs}${said}`)
  }

  private end(reason: string): void {
    if (this.greeted) this.fail('ADAPTER_DIED', `${reason} although nobody asked it to`)
    else this.fail('ADAPTER_NOT_STARTED', `${reason} before it answered hello`)
  }

  /** The first failure is the one that counts; what comes after follows from it. */
  private fail(code: TargetErrorCode, what: string): TargetError {
    if (this.failure) return this.failure
    this.failure = new TargetError(code, this.message(code, what))
    this.rejectAll(this.failure)
    // Whatever it still does can no longer matter; it must not go on doing it.
    this.stopping ??= this.lines.stop('at once')
    return this.failure
  }

  private message(code: TargetErrorCode, what: string): string {
    return `the adapter \`${this.label}\` ${what}.\n${this.wrote}\n${this.advice(code)}`.trimEnd()
  }

  private advice(code: TargetErrorCode): string {
    // Hello was answered and flushed: a later silence is a command that it, or the library, does not come back from.
    if (code === 'ADAPTER_SILENT' && this.greeted)
      return 'Every command is answered at once, also one that it does not know; what takes its time is told by events.'
    // One that did not start and says why needs no advice of ours.
    if (code === 'ADAPTER_NOT_STARTED' && (this.lines.tail?.() ?? '').trim() !== '') return ''
    return advice[code] ?? ''
  }

  private rejectAll(error: TargetError): void {
    for (const { reject, timer } of this.waiting.values()) {
      clearTimeout(timer)
      reject(error)
    }
    this.waiting.clear()
  }
}

/** One client in an adapter. Its events reach the listeners in the order the adapter wrote them. */
export class AdapterClient {
  readonly name: string
  private readonly adapter: Adapter
  private readonly listeners: ((event: AdapterEvent) => void)[] = []

  constructor(adapter: Adapter, name: string) {
    this.adapter = adapter
    this.name = name
  }

  command(name: string, fields: Json): Promise<AdapterAnswer> {
    return this.adapter.command(name, { client: this.name, ...fields })
  }

  onEvent(listener: (event: AdapterEvent) => void): void {
    this.listeners.push(listener)
  }

  ping(): Promise<void> {
    return this.adapter.ping(this.name)
  }

  /** Drops the client. What the adapter still says of it is not heard. */
  async stop(): Promise<void> {
    if (!this.adapter.broken) await this.command('stop', {})
    this.adapter.forget(this.name)
  }

  take(event: AdapterEvent): void {
    for (const listener of this.listeners) listener(event)
  }
}

const advice: { [C in TargetErrorCode]?: string } = {
  ADAPTER_NOT_STARTED:
    'Run the command by hand: it must wait for JSON lines on its standard input.',
  ADAPTER_SILENT:
    'Type {"id":1,"do":"hello"} into it by hand; flush standard output after every line.',
  ADAPTER_BROKEN:
    'The protocol is in fixtures/targets/clients/README.md, with templates to compare with.',
}

function parse(line: string): Json | undefined {
  if (!line.startsWith('{')) return undefined
  try {
    const value: unknown = JSON.parse(line)
    return isObject(value) ? value : undefined
  } catch {
    return undefined
  }
}

function isObject(value: unknown): value is Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function answerOf(message: Json): AdapterAnswer | undefined {
  if (typeof message.error === 'string') return { ok: false, error: message.error }
  return isObject(message.ok) ? { ...message.ok, ok: true } : undefined
}

/** An answer as it stood in its line. */
function written({ ok, ...rest }: AdapterAnswer): string {
  return show(ok ? { ok: rest } : rest)
}

function show(value: unknown): string {
  const text = typeof value === 'string' ? value : JSON.stringify(value)
  return text.length > 200 ? `${text.slice(0, 200)}…` : text
}

/** What a reader wants of it: the last lines that are no messages of the protocol, as a stack or an assertion is; else the last messages. */
function lastWords(tail: string): string {
  const lines = tail.split('\n')
  const words = lines.filter(line => line.trim() !== '' && !/^\{.*\}$/.test(line.trim()))
  return (words.length > 0 ? words.slice(-20) : lines.slice(-5)).map(clipped).join('\n')
}

/** A device may print anything; a terminal is not to obey it. */
function printable(text: string): string {
  return text.replace(/\p{Cc}/gu, character =>
    character === '\n' || character === '\t'
      ? character
      : `\\x${character.charCodeAt(0).toString(16).padStart(2, '0')}`,
  )
}

/** A line of a message may be long, for it may name a file; one without an end is nobody's to read. */
function clipped(line: string): string {
  return line.length > lineMax ? `${line.slice(0, lineMax)}…` : line
}

const lineMax = 500

function indented(text: string): string {
  return text.replace(/^/gm, '  ')
}
