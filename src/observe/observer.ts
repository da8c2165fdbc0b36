import type { StreamListener } from '../capture/tcp-stream.ts'
import { portOf } from '../capture/tcp-streams.ts'
import type { Finding } from '../model/finding.ts'
import type { TargetRole } from '../standard/clauses.ts'
import { ObservedConversation } from './conversation.ts'
import { ObservedBroker } from './observed-broker.ts'

export type ObserverOptions = {
  /** The broker as `host:port`, `:port` for any host; without it every connection that turns out to be MQTT counts. */
  broker?: string
  patienceMs: number
  onFinding?(client: string, side: TargetRole, finding: Finding): void
}

/** A connection that was not judged, and why. */
export type Unjudged = { client: string; broker: string; why: string }

/** Where MQTT is at home. Source: IANA, mqtt. */
const usualPort = 1883
const unjudgedMax = 100
/** Each broker has judges of its own. */
const brokersMax = 64
/** What all connections together have begun and not ended. */
const unfinishedBytesMax = 64 * 1024 * 1024

/** Watches connections of others, whether they stand in a file or pass by, and sorts them by broker. */
export class Observer {
  readonly brokers = new Map<string, ObservedBroker>()
  /** Connections with MQTT that could not be judged; of more only the number is known. */
  readonly unjudged: Unjudged[] = []
  unjudgedCount = 0
  /** Connections that carry something else. */
  others = 0
  conversations = 0
  private readonly options: ObserverOptions
  /** Connections of which something is not whole yet, and how many bytes. */
  private readonly unfinished = new Map<ObservedConversation, number>()
  private unfinishedBytes = 0

  constructor(options: ObserverOptions) {
    this.options = options
  }

  /** A connection has come. Undefined where nobody asked for it. */
  open(stream: {
    client: string
    server: string
    fromTheStart: boolean
  }): StreamListener | undefined {
    const { client, server, fromTheStart } = stream
    const { broker } = this.options
    if (broker !== undefined && !isMeant(server, broker)) {
      this.others += 1
      return undefined
    }
    const isExpected =
      broker !== undefined || portOf(server) === usualPort || this.brokers.has(server)
    if (!this.brokers.has(server) && this.brokers.size >= brokersMax) {
      if (isExpected) this.unjudge({ client, broker: server, why: tooManyBrokers })
      else this.others += 1
      return undefined
    }
    const number = ++this.conversations
    const conversation = new ObservedConversation({
      number,
      address: client,
      recorder: { record: body => this.brokerAt(server).record(body) },
      isExpected,
      fromTheStart,
      onUnread: ({ why, isMqtt }) => {
        if (!isMqtt) this.others += 1
        else this.unjudge({ client, broker: server, why })
      },
    })
    return {
      onBytes: (from, bytes) => {
        conversation.push(from, bytes)
        this.weigh(conversation)
      },
      onGap: (from, bytes) => {
        conversation.miss(from, bytes)
        this.weigh(conversation)
      },
      onEnd: (by, how) => {
        conversation.end(by, how)
        this.weigh(conversation)
      },
    }
  }

  /** Whoever holds most is let go of while all of them hold too much. */
  private weigh(conversation: ObservedConversation): void {
    const bytes = conversation.unfinishedBytes
    this.unfinishedBytes += bytes - (this.unfinished.get(conversation) ?? 0)
    if (bytes > 0) this.unfinished.set(conversation, bytes)
    else this.unfinished.delete(conversation)
    if (this.unfinishedBytes <= unfinishedBytesMax) return
    const [largest] = [...this.unfinished].reduce((a, b) => (b[1] > a[1] ? b : a))
    largest.giveUp(tooMuchUnfinished)
    this.weigh(largest)
  }

  turnClock(nowMs: number): void {
    for (const broker of this.brokers.values()) broker.turnClock(nowMs)
    this.nowMs = nowMs
  }

  end(): void {
    for (const broker of this.brokers.values()) broker.end()
  }

  private nowMs = 0

  private brokerAt(address: string): ObservedBroker {
    const known = this.brokers.get(address)
    if (known) return known
    const { patienceMs, onFinding } = this.options
    const broker = new ObservedBroker({ address, patienceMs, ...(onFinding ? { onFinding } : {}) })
    broker.turnClock(this.nowMs)
    this.brokers.set(address, broker)
    return broker
  }

  private unjudge(one: Unjudged): void {
    this.unjudgedCount += 1
    if (this.unjudged.length < unjudgedMax) this.unjudged.push(one)
  }
}

const tooManyBrokers = `${brokersMax} brokers are judged already`
const tooMuchUnfinished = `packets of all connections that were not whole took more than ${unfinishedBytesMax / 1024 / 1024} MiB`

function isMeant(address: string, broker: string): boolean {
  return (
    address === broker || (broker.startsWith(':') && portOf(address) === Number(broker.slice(1)))
  )
}
