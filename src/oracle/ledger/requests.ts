import type { AppCommand, AppEvent } from '../../model/app.ts'
import type { Suback, Subscribe, Unsuback, Unsubscribe } from '../../model/packet.ts'
import type { ClauseName } from '../../standard/clauses.ts'

type Kind = 'subscribe' | 'unsubscribe'
type Request = { kind: Kind; filter: string; answered: boolean }

/** What an application asked to subscribe to and to end, and what the broker has answered of it. */
export type Requests = {
  asked(actor: string, command: AppCommand): void
  sent(connection: number, packet: Subscribe | Unsubscribe): void
  answered(connection: number, packet: Suback | Unsuback): void
  /** What an event says that is not true yet. */
  toldTooSoon(
    actor: string,
    event: AppEvent,
    seq: number,
  ): { clause: ClauseName; seq: number; answer: string; filter: string } | undefined
}

export function createRequests(): Requests {
  const byTag = new Map<string, Request>()
  /** Filters of packets that wait for their answer, by connection, kind and identifier. */
  const waiting = new Map<string, string[]>()

  return {
    asked(actor, command) {
      const { do: kind, filter, tag } = command
      if (kind !== 'subscribe' && kind !== 'unsubscribe') return
      if (!command.ok || filter === undefined || tag === undefined) return
      byTag.set(`${actor} ${tag}`, { kind, filter, answered: false })
    },
    sent(connection, packet) {
      const filters =
        packet.type === 'SUBSCRIBE'
          ? packet.subscriptions.map(({ filter }) => filter)
          : packet.filters
      waiting.set(keyOf(connection, kindOf(packet), packet.id), filters)
    },
    answered(connection, packet) {
      const kind = kindOf(packet)
      for (const filter of waiting.get(keyOf(connection, kind, packet.id)) ?? []) {
        for (const request of byTag.values()) {
          if (request.kind === kind && request.filter === filter) request.answered = true
        }
      }
    },
    toldTooSoon(actor, event, seq) {
      if (event.event !== 'subscribed' && event.event !== 'unsubscribed') return undefined
      const request = byTag.get(`${actor} ${event.tag}`)
      const kind = event.event === 'subscribed' ? 'subscribe' : 'unsubscribe'
      if (event.error !== undefined || request?.kind !== kind || request.answered) return undefined
      // Once is enough.
      request.answered = true
      return kind === 'subscribe'
        ? { clause: 'grantedTooEarly', seq, answer: 'SUBACK', filter: request.filter }
        : { clause: 'endedTooEarly', seq, answer: 'UNSUBACK', filter: request.filter }
    },
  }
}

function kindOf({ type }: { type: string }): Kind {
  return type === 'SUBSCRIBE' || type === 'SUBACK' ? 'subscribe' : 'unsubscribe'
}

function keyOf(connection: number, kind: Kind, id: number): string {
  return `${connection} ${kind} ${id}`
}
