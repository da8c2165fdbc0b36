import type { BoardChecks } from '../model/board-checks.ts'
import type { Breach, Finding, Level, Place, StatementRef } from '../model/finding.ts'
import type { Packet } from '../model/packet.ts'
import type { EventOf, TraceEvent } from '../model/trace.ts'
import { DeclaredBreaches } from '../oracle/declared-breaches.ts'
import { isTold } from '../oracle/findings.ts'
import type { Judges } from '../oracle/judges.ts'
import {
  createOwnSide,
  type OwnBreach,
  type OwnSide,
  owedInstead,
  reactionTo,
} from '../oracle/own-side.ts'
import { SessionExpiry } from '../oracle/session-expiry.ts'
import { Actor } from '../peers/actor.ts'
import { beginExchange } from '../peers/authentication/exchange.ts'
import type { Case, Judging } from '../scenario/ast.ts'
import { type Announced, limitValues } from '../scenario/limits.ts'
import { find } from '../scenario/visit.ts'
import { cite } from '../standard/clauses.ts'
import { statements } from '../standard/statements.ts'
import type { Profile } from '../targets/profile.ts'
import type { BrokerTarget, Target } from '../targets/target.ts'
import { TargetError } from '../targets/target-error.ts'
import type { Listener } from '../transport/listen.ts'
import type { AppActor } from './actors/app-actor.ts'
import type { Upstream } from './actors/broker-behind.ts'
import { ProxyActor } from './actors/proxy-actor.ts'
import { Allowance } from './allowance.ts'
import { manyOpenAtTheEnd } from './applicable/many-open.ts'
import { CheckFailed, Inconclusive, Interrupted, Skipped } from './early-end.ts'
import { mayBeTakenOverLate } from './excused/late-takeover.ts'
import { leftWhenRefused } from './excused/left-when-refused.ts'
import type { SenderOf } from './excused/other-cases.ts'
import { overrunLimit } from './excused/receive-maximum-overrun.ts'
import { ownClientId, ownTopic } from './own-names.ts'
import { type CitedMiss, citeFor, isMereEnd } from './packets/cite-expectation.ts'
import { Variables } from './packets/variables.ts'
import type { Liveness } from './survival/liveness.ts'
import { deafness } from './survival/signs-of-loss.ts'
import { Redactor } from './traces/redact.ts'
import { TraceLog } from './traces/trace-log.ts'
import type { Budgets } from './waiting/budgets.ts'
import { TimedStalls } from './waiting/process-stalls.ts'
import { Wakeups } from './waiting/wakeups.ts'

export type SceneOptions = {
  kase: Case
  target: Target
  budgets: Budgets
  /** Distinguishes this case's client ids and topics from all others, in this run and earlier ones. Letters and digits. */
  nonce: string
  signal: AbortSignal
  /** Of the target. */
  judges: Judges
  maxPacketBytes: number
  /** What the broker under test told in its CONNACK of 5.0. */
  announced?: Announced
  /** The broker behind the proxies of the case. */
  upstream?: Upstream
  /** Of a simulated board; absent for any other target. */
  boardChecks?: BoardChecks
  /** Whose message came on a topic, where it is not this case's. */
  senderOf?: SenderOf
  /** Asked before silence is held against the target: whether it is slow just now. */
  liveness?: Liveness
  /** Ms in which this process stood still, in all. */
  stalledMs?(): number
  /** Gets each event as the report will have it. */
  onEvent?(event: TraceEvent): void
}

/** So often a wait for a slow target begins. */
const slowRoundsMax = 4

/** Beyond these a target that does everything wrong only repeats itself. */
const findingsMax = 50

/** A broker that sends everything to everybody need not be told of each time. */
const foreignNotesMax = 5

/** All that one running case has: its actors, variables, trace, judges and what they found. */
export class Scene {
  readonly kase: Case
  readonly budgets: Budgets
  readonly signal: AbortSignal
  readonly env: Variables
  readonly wakeups: Wakeups
  readonly log: TraceLog
  readonly redactor: Redactor
  readonly judges: Judges
  /** What our own side breaks, and what of that the scenario says. */
  private readonly ownSide: OwnSide
  readonly declared: DeclaredBreaches
  private readonly sessionExpiry = new SessionExpiry()
  /** A limit that the target told and that this scenario exceeds, in words. */
  exceeded: string | undefined
  readonly actors = new Map<string, Actor>()
  readonly apps = new Map<string, AppActor>()
  readonly proxies = new Map<string, ProxyActor>()
  readonly listeners = new Map<string, Listener>()
  readonly findings: Finding[] = []
  /** What people should see beside the verdict. */
  readonly notes: string[] = []
  /** How often the power of a board was cut. */
  powerCuts = 0
  readonly nonce: string
  readonly boardChecks: BoardChecks | undefined
  readonly announced: Announced | undefined
  private readonly liveness: Liveness | undefined
  private readonly senderOf: SenderOf | undefined
  /** `seq` of messages that belong to other cases. */
  private readonly foreign = new Set<number>()
  /** Who got messages of whom, each told once however many came. */
  private readonly foreignNotes = new Set<string>()
  readonly upstream: Upstream | undefined
  target: Target
  /** Where the scenario is; findings point here. */
  place: Place
  sleptMs = 0
  readonly stalls: TimedStalls
  private readonly allowance = new Allowance()
  private flood: Flood | undefined
  private connections = 0
  private sentinels = 0
  readonly maxPacketBytes: number

  constructor(options: SceneOptions) {
    this.kase = options.kase
    if (options.kase.loweredToQos1) this.notes.push('run at QoS 1: the target has no QoS 2')
    this.target = options.target
    this.budgets = options.budgets
    this.signal = options.signal
    this.wakeups = new Wakeups(options.signal)
    this.nonce = options.nonce
    this.boardChecks = options.boardChecks
    this.announced = options.announced
    this.liveness = options.liveness
    this.senderOf = options.senderOf
    this.stalls = new TimedStalls(options.stalledMs ?? (() => 0))
    this.upstream = options.upstream
    this.judges = options.judges
    this.declared = new DeclaredBreaches(Object.keys(options.kase.bindings))
    this.ownSide = createOwnSide({ target: options.target.role, version: options.kase.version })
    this.maxPacketBytes = options.maxPacketBytes
    this.place = options.kase.place
    const broker = options.target.role === 'broker' ? options.target : options.upstream?.target
    this.redactor = new Redactor(broker?.credentials)
    this.log = new TraceLog(this.redactor, (event, shown) => {
      options.onEvent?.(shown)
      // After an abort nothing is judged: what is seen then is seen too late, and may be us who did not get on.
      if (this.signal.aborted) return
      if (event.kind === 'step') this.declared.begin(event)
      if (event.kind === 'close' && event.by === 'target') this.declared.left()
      if (event.kind === 'bytes' && event.from === 'target') this.declared.sentGarbage()
      this.weBroke(this.ownSide.observe(event))
      this.exceeded ??= this.sessionExpiry.observe(event)
      if (this.upstream?.observe(event)) {
        const tooMuch = this.allowance.take(event)
        if (tooMuch !== undefined) this.stopReading(tooMuch, event)
        return
      }
      if (event.kind === 'packet' && event.from === 'target') this.noteForeign(event)
      for (const breach of this.judges.observe(event)) this.find(breach)
      const tooMuch = this.allowance.take(event)
      if (tooMuch !== undefined) this.stopReading(tooMuch, event)
    })
    this.env = new Variables({
      ...limitValues(options.announced ?? {}),
      ...options.kase.bindings,
      topic: ownTopic(options.target.profile, options.nonce),
      client: ownClientId(options.target.profile, `${options.nonce}c`),
      ...authValues(options.target.profile.auth),
    })
  }

  /** The fake client or fake broker of that name, made at its first step. */
  actor(name: string): Actor {
    const known = this.actors.get(name)
    if (known) return known
    const actor = new Actor({
      name,
      version: this.kase.version,
      plays: this.kase.role === 'broker' ? 'server' : 'client',
      clientId: ownClientId(this.target.profile, `${this.nonce}${name}`),
      recorder: this.log,
      maxPacketBytes: this.maxPacketBytes,
      nextConnection: () => this.nextConnection(),
      isForeign: packet => this.strangerOf(packet) !== undefined,
      changed: () => this.wakeups.fire(),
    })
    this.actors.set(name, actor)
    return actor
  }

  /** The proxy of that name, made at its first step. */
  proxy(name: string): ProxyActor {
    const known = this.proxies.get(name)
    if (known) return known
    const proxy = new ProxyActor(name, {
      version: this.kase.version,
      maxPacketBytes: this.maxPacketBytes,
      recorder: this.log,
      nextConnection: () => this.nextConnection(),
      changed: () => this.wakeups.fire(),
    })
    this.proxies.set(name, proxy)
    return proxy
  }

  nextConnection(): number {
    return ++this.connections
  }

  /** The broker behind the proxies. */
  behind(): BrokerTarget {
    if (this.upstream) return this.upstream.target
    throw new RangeError('this step needs a broker behind the proxy')
  }

  broker(): BrokerTarget {
    if (this.target.role === 'broker') return this.target
    throw new RangeError('this step needs a broker as its target')
  }

  /**
   * Waits for the target as Wakeups does, and anew as long as it is slow; a case that is interrupted or out of time ends here, without a
   * judgement.
   */
  until<T>(check: () => T | undefined, budgetMs: number): Promise<T | undefined> {
    const now = check()
    return now === undefined ? this.waitFor(check, budgetMs) : Promise.resolve(now)
  }

  private async waitFor<T>(check: () => T | undefined, budgetMs: number): Promise<T | undefined> {
    this.stalls.targetHasTheWord()
    for (let round = 1; ; round++) {
      const answer = await this.wakeups.until(() => check() ?? this.flood, budgetMs)
      this.mustGoOn()
      if (answer !== undefined) return answer as T
      if (round === slowRoundsMax) return check()
      if (!(await this.targetIsSlow())) return this.whileResuming(check)
    }
  }

  /** A broker that sends again by a timer has until that has run, where a session of this case was resumed. */
  private async whileResuming<T>(check: () => T | undefined): Promise<T | undefined> {
    const { target, liveness } = this
    if (!liveness || target.role !== 'broker' || !this.hasResumed()) return check()
    const waitMs = await liveness.resumptionMs(target)
    if (waitMs === undefined) return check()
    const text = `the target is late with what a resumed session holds: ${Math.round(waitMs)} ms more`
    this.log.record({ kind: 'note', text })
    const answer = await this.wakeups.until(() => check() ?? this.flood, waitMs)
    this.mustGoOn()
    return answer === undefined ? check() : (answer as T)
  }

  private hasResumed(): boolean {
    const resumes = (event: TraceEvent) =>
      event.kind === 'packet' &&
      event.from === 'target' &&
      event.packet.type === 'CONNACK' &&
      event.packet.sessionPresent
    return this.log.events().some(resumes)
  }

  /** Waits for what comes at once or not at all: nobody is asked whether the target is slow. */
  async briefly<T>(check: () => T | undefined, ms: number): Promise<T | undefined> {
    const answer = await this.wakeups.until(check, ms, 'grace')
    if (answer === undefined && this.signal.aborted) throw new Interrupted()
    return answer
  }

  /** Lets so many ms pass in which the target might say something. */
  async quiet(ms: number): Promise<void> {
    await this.wakeups.until(() => this.flood, ms)
    this.sleptMs += ms
    this.mustGoOn()
  }

  private async targetIsSlow(): Promise<boolean> {
    if (!this.liveness) return false
    const { target } = this
    const slow =
      target.role === 'broker'
        ? await this.brokerIsSlow(target, this.liveness)
        : target.level === 1 && (await this.liveness.appsAreSlow([...this.apps.values()]))
    if (slow) this.log.record({ kind: 'note', text: 'the target is slow: the wait begins anew' })
    return slow
  }

  private async brokerIsSlow(target: BrokerTarget, liveness: Liveness): Promise<boolean> {
    const pace = await liveness.brokerPace(target)
    // It may be another case's doing.
    if (pace === 'never' && liveness.mends(target)) throw new Inconclusive(`the target ${deafness}`)
    return pace === 'slow'
  }

  /** Lets real time pass: a rule about time counts also while we do not get to run. Ends as `until` does. */
  async elapse(ms: number): Promise<void> {
    await new Promise<void>(resolve => {
      const done = () => {
        clearTimeout(timer)
        this.signal.removeEventListener('abort', done)
        resolve()
      }
      const timer = setTimeout(done, ms)
      this.signal.addEventListener('abort', done, { once: true })
    })
    this.stalls.timePassed()
    this.mustGoOn()
  }

  /** Throws where the case is over: it was aborted, or the target floods us. */
  mustGoOn(): void {
    if (this.signal.aborted) throw new Interrupted()
    const { flood } = this
    if (!flood) return
    if (flood.by === 'app') {
      throw new TargetError(
        'ADAPTER_BROKEN',
        `the adapter of ${this.target.name} floods us: it told ${flood.tooMuch} that nothing asked for`,
      )
    }
    this.miss(mustNotFlood, {
      message: `The target ${floods}`,
      expected: 'what the scenario asks for',
      got: `${flood.tooMuch} that nothing asked for; no more is read`,
      packetType: 'PUBLISH',
      seq: flood.seq,
    })
  }

  /** Reads nothing more of the target in this case: it has sent more than could be meant. */
  private stopReading(tooMuch: string, { kind, seq }: TraceEvent): void {
    this.flood ??= { tooMuch, seq, by: kind === 'app' ? 'app' : 'wire' }
    for (const actor of this.actors.values()) {
      actor.conversation?.stopReading(tooMuch)
      actor.inbox = []
    }
    this.log.cut()
    for (const proxy of this.proxies.values()) proxy.destroy()
    for (const app of this.apps.values()) app.stopHearing()
    this.wakeups.fire()
  }

  get sentinelCount(): number {
    return this.sentinels
  }

  /** The fake broker to which applications connect unless the scenario says otherwise: the first it names. */
  get brokerName(): string {
    return find(this.kase.steps, ({ actor = 'target' }) => isBroker(actor))?.actor ?? 'broker'
  }

  /** `appSubscriber` connects to `brokerSubscriber` where the scenario has one, any other to the first. */
  brokerFor(app: string): string {
    const own = `${/^[a-z]+/.exec(this.brokerName)?.[0]}${app.slice('app'.length)}`
    return find(this.kase.steps, ({ actor }) => actor === own) ? own : this.brokerName
  }

  nextSentinel(): string {
    return `${this.nonce}-${++this.sentinels}`
  }

  /** The case, or whoever it was, that a message belongs to which is none of this case. */
  private strangerOf(packet: Packet): string | undefined {
    return packet.type === 'PUBLISH' ? this.senderOf?.(packet.topic) : undefined
  }

  /** A message of another case is told and traced to it; the case that it came to is not blamed. */
  private noteForeign({ packet, seq, actor }: EventOf<'packet'>): void {
    const sender = this.strangerOf(packet)
    if (sender === undefined) return
    this.foreign.add(seq)
    const text = `${actor} got a message of ${sender}`
    if (this.foreignNotes.has(text) || this.foreignNotes.size >= foreignNotesMax) return
    this.foreignNotes.add(text)
    this.notes.push(text)
  }

  /** Takes down a finding of a judge, once. */
  find(breach: Breach): void {
    if (this.findings.length >= findingsMax) return
    if (this.foreign.has(breach.seq) || isTold(this.findings, breach)) return
    this.findings.push({ ...breach, at: this.place, atMs: this.log.nowMs })
  }

  /** What one packet of ours broke, before any judge sees it. */
  private weBroke([first, ...more]: readonly OwnBreach[]): void {
    if (!first) return
    // What either side breaks passes through a proxy; it is not ours.
    const theirs = this.findings.length > 0
    if (this.upstream && (this.upstream.breaches.length > 0 || theirs)) return
    if (reactionTo(first) === 'may close') {
      this.judges.excuse(first.connection)
      this.upstream?.excuse(first.connection)
    }
    if (this.declared.take([first, ...more])) return
    if (first.limit !== undefined) this.exceeded ??= `the target allows ${first.limit}`
    // What we answer to a target that was wrong first may be wrong itself.
    else if (!theirs) this.declared.note(first)
  }

  /** The statement that a missed expectation breaks. */
  cite(judging: Judging, missed: Missed): StatementRef {
    const cited = judging.cite?.[this.kase.version]
    return cited ?? citeFor(this.kase, this.target.role, { ...missed, ...wayOf(missed) })
  }

  /**
   * The target ended a connection on which we had broken a rule, as it may: throws Skipped, unless just that is asked about. Answers
   * whether it is only worth a warning: no statement forbids what we did, and none allows to close for it.
   */
  mayHaveLeft(connection: number, expected?: string): boolean {
    const breach = this.ownSide.brokenOn(connection)
    if (!breach) return this.isRefused(connection)
    if (expected !== undefined && reactions.has(expected)) return false
    switch (reactionTo(breach)) {
      case 'may close':
        throw new Skipped(
          `the target closed the connection on which we broke ${breach.statement}, as it may: ${breach.message}`,
        )
      case 'should not close':
        return true
      case 'must not close':
        return false
    }
  }

  /** What the library refused to send, by its own word to the application: it owes no such packet then. */
  private refusalOf(packetType: string | undefined): string | undefined {
    const event = packetType === undefined ? undefined : refusals.get(packetType)
    if (event === undefined) return undefined
    for (const { event: told } of [...this.apps.values()].flatMap(app => app.events)) {
      if (told.event !== event || !('error' in told) || told.error === undefined) continue
      if ('tag' in told && this.wasSent(told.tag)) continue
      return `the application was told that ${packetType} failed: ${told.error}`
    }
    return undefined
  }

  /** What we refused ourselves was sent before. */
  private wasSent(tag: string | undefined): boolean {
    return this.judges.ledger
      .messages()
      .some(
        ({ publications, received }) =>
          received.size > 0 && publications.some(one => tag !== undefined && one.tag === tag),
      )
  }

  /**
   * The statement that a missed expectation breaks, and how much that weighs. No statement says what a client tells its application: where
   * a scenario has nothing for that but a duty of the broker, it is the sense of an acknowledgement that it can.
   */
  private ruleMissed(judging: Judging, what: Missed): { statement: StatementRef; level: Level } {
    const statement = this.cite(judging, what)
    const { role } = this.target
    if (judging.level === 'MUST' && isMereEnd(statement, wayOf(what).by))
      return { statement, level: 'SHOULD' }
    const isOthersDuty = role === 'client' && statements.get(statement)?.binds === 'server'
    const isSilence = what.ofApplication === 'told' && what.seq === undefined
    if (what.ofApplication === undefined || !(isOthersDuty || isSilence))
      return { statement, level: judging.level }
    const level = judging.level === 'MUST' ? 'SHOULD' : judging.level
    return { statement: cite('neverTold', this.kase.version, role), level }
  }

  /** A client that we refused something, and that left for it. */
  private isRefused(connection: number): boolean {
    return this.target.role === 'client' && leftWhenRefused(this.log.events(), connection)
  }

  /** Messages of ours that were too many for a server which has no way to say how many it takes. */
  private manyOpenOn(connection: number): number | undefined {
    if (this.target.role === 'client') return undefined
    return manyOpenAtTheEnd(this.log.events(), connection)
  }

  private mayBeTakenOverLate(connection: number): boolean {
    return this.target.role === 'broker' && mayBeTakenOverLate(this.log.events(), connection)
  }

  private owedInstead(connection: number | undefined): StatementRef | undefined {
    if (connection === undefined) return undefined
    const { role } = this.target
    const { version } = this.kase
    const breach = this.ownSide.brokenOn(connection)
    return breach ? owedInstead(breach, version, role) : cite('leftWhenRefused', version, role)
  }

  /** Ends the case: a check was missed, or what a check rests on. */
  miss(judging: Judging, what: Missed): never {
    const blame = this.upstream?.blame()
    if (blame) throw new Inconclusive(`${what.message}; but the broker behind, ${blame}`)
    const premise = this.exceeded ?? this.declared.unreached()
    if (premise) throw new Skipped(premise)
    const limit = this.upstream ? undefined : overrunLimit(this.log.events())
    if (limit !== undefined) throw new Skipped(`needs a Receive Maximum of more than ${limit}`)
    const open = what.left === undefined ? undefined : this.manyOpenOn(what.left)
    if (open !== undefined) {
      throw new Skipped(`the target ended a connection with ${open} open messages, as it may`)
    }
    if (what.left !== undefined && this.mayBeTakenOverLate(what.left)) {
      throw new Skipped(
        'the target ended a connection which an earlier CONNECT of the same client, worked off late, may have taken over',
      )
    }
    // Behind what is no CONNECT a server closes, or it waits for what seems to be missing.
    const hidden = what.packetType === 'CONNACK' ? (what.on ?? what.left) : what.on
    if (hidden !== undefined && this.ownSide.hidPacketsOn(hidden)) {
      throw new Skipped(hiddenPacket)
    }
    const refusal = what.seq === undefined && this.refusalOf(what.packetType)
    if (refusal) throw new Skipped(`not drivable: ${refusal}`)
    const awaited = what.endedBefore ? undefined : what.packetType
    const mildly = what.left !== undefined && this.mayHaveLeft(what.left, awaited)
    // It is known why a premise did not come about where the target left for what is only unusual of us.
    if (judging.as === 'given' && !mildly) {
      if (judging.level === 'MAY') throw new Skipped(`it may do otherwise: ${what.message}`)
      throw new Inconclusive(what.message)
    }
    const { statement, level } = this.ruleMissed(judging, what)
    const instead = mildly ? this.owedInstead(what.left) : undefined
    throw new CheckFailed({
      statement: instead ?? statement,
      level: mildly && level === 'MUST' ? 'SHOULD' : level,
      message: what.message,
      expected: what.expected,
      got: what.got,
      ...(what.nearestMiss ? { nearestMiss: what.nearestMiss } : {}),
      seq: what.seq ?? this.log.lastSeq,
      ...(what.seq === undefined ? { absent: true } : {}),
      judge: 'expectation',
      at: this.place,
      atMs: this.log.nowMs,
    })
  }
}

/** Whether nothing came, or something that is one too many, or an end. That a connection stays open is none of these. */
function wayOf({ packetType, seq, surplus, endedBefore }: Missed): Pick<CitedMiss, 'by' | 'qos'> {
  if (endedBefore) return { by: 'end' }
  if (surplus) return { by: 'surplus', ...(surplus.type === 'PUBLISH' ? { qos: surplus.qos } : {}) }
  return seq === undefined && packetType !== 'closed' ? { by: 'silence' } : {}
}

/** What a CONNECT written by hand needs to begin an authentication; empty where the profile says nothing of one. */
function authValues(auth: Profile['auth']) {
  return auth
    ? { authMethod: auth.method, authData: beginExchange(auth, 'right').first() }
    : { authMethod: '', authData: '' }
}

/** The target sent more than is read of it in one case. */
type Flood = { tooMuch: string; seq: number; by: 'wire' | 'app' }

/** By which event a library refuses to send a packet. */
const refusals: ReadonlyMap<string, string> = new Map([
  ['PUBLISH', 'published'],
  ['SUBSCRIBE', 'subscribed'],
  ['UNSUBSCRIBE', 'unsubscribed'],
])

/** What a finding says of it. */
export const floods = 'floods us'

const mustNotFlood: Judging = { as: 'check', level: 'MUST' }

/** Packets that are themselves the reaction to a breach. */
const reactions = new Set(['closed', 'DISCONNECT', 'CONNACK'])

const hiddenPacket =
  'our packet went out behind bytes that are no whole packet, and there is no answer: one who takes those for MQTT waits for the rest, or closes; for a PROXY header say `proxyProtocol` in the profile'

export type Missed = {
  message: string
  expected: string
  got: string
  nearestMiss?: string
  packetType?: string
  /** Fields of the packet that are not as expected. */
  fields?: readonly { field: string; expected: string; got?: string }[]
  seq?: number
  /** Nothing more was due, and this came. */
  surplus?: Packet
  /** Number of the connection on which nothing came, or an end. */
  on?: number
  /** Number of a connection that the target left. */
  left?: number
  /** That connection had ended before anything was expected on it: it is not the end that is asked about. */
  endedBefore?: true
  /** It is about what the application is told, not about the wire. */
  ofApplication?: 'given' | 'told'
}

function isBroker(actor: string): boolean {
  return !actor.startsWith('app') && actor !== 'target'
}
