import type { EventOf, TraceEvent } from '../../model/trace.ts'

/**
 * The lifelines of a case with proxies. There the client under test is drawn as each of its applications, and the line of the broker
 * behind stands between the proxies, so that a message goes one way through the drawing:
 *
 * ```
 *     app (mqttjs)      proxy          mosquitto        proxy2      app2 (mqttjs)
 * ```
 */
export type Legs = {
  /** From left to right. */
  order: string[]
  /** Whom each connection leads to. */
  peers: ReadonlyMap<number, string>
  /** Of those, the brokers, which are there all the time. */
  brokers: ReadonlySet<string>
}

/** Undefined where no connection leads through a proxy. */
export function legsOf(trace: readonly TraceEvent[]): Legs | undefined {
  const opened = trace.filter(isLeg)
  if (opened.length === 0) return undefined
  const peers = new Map(opened.map(({ connection, peer = '' }) => [connection, peer]))
  const brokers = new Set(opened.filter(({ leg }) => leg === 'broker').map(({ peer = '' }) => peer))
  const pairs = new Map<string, string>()
  for (const { leg, actor, peer = '' } of opened) if (leg === 'client') pairs.set(actor, peer)
  const [first, ...others] = [...pairs].sort(([one], [other]) => (one < other ? -1 : 1))
  const right = others.flat()
  return { order: [...(first ? [first[1], first[0]] : []), ...brokers, ...right], peers, brokers }
}

function isLeg(event: TraceEvent): event is EventOf<'open'> {
  return event.kind === 'open' && event.leg !== undefined
}
