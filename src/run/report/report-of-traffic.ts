import type { RunReport } from '../../model/report.ts'
import { versions } from '../../model/version.ts'
import type { Observer } from '../../observe/observer.ts'
import { resultsOf } from '../../observe/results.ts'
import { makeReport } from './make-report.ts'

type TrafficFacts = {
  observer: Observer
  suite: 'audit' | 'watch'
  replay: string
  startedAtMs: number
  durationMs: number
  /** What people should know of how much was seen. */
  remarks: string[]
  strict?: boolean | undefined
  /** Where the traffic comes from. */
  source: string
}

/** The report of traffic that is not ours. The broker is its target; the clients are judged in cases of their own. */
export function reportOfTraffic(facts: TrafficFacts): RunReport {
  const { observer, suite, replay, source } = facts
  const brokers = [...observer.brokers.values()]
  const results = resultsOf(observer, suite, replay)
  const clients = brokers.flatMap(broker => [...broker.clients.values()])
  const remarks = [...facts.remarks, ...countsOf(observer)]
  const [first] = results
  if (first && remarks.length > 0) first.notes = remarks
  const addresses = brokers.map(({ options }) => options.address)
  return makeReport({
    startedAtMs: facts.startedAtMs,
    durationMs: facts.durationMs,
    seed: 0,
    ...(clients.length === 0
      ? { trouble: { says: ['no MQTT connection to judge', ...remarks].join('; '), exitCode: 4 } }
      : {}),
    target: {
      name: addresses.length === 1 ? (addresses[0] ?? '') : `${addresses.length} brokers`,
      role: 'broker',
      address: source,
      versions: versions.filter(one => clients.some(({ version }) => version === one)),
      fingerprint: {},
    },
    results,
    strict: facts.strict,
  })
}

function countsOf(observer: Observer): string[] {
  const forgotten = [...observer.brokers.values()].reduce((sum, one) => sum + one.forgotten, 0)
  const { others, unjudged, unjudgedCount } = observer
  const more = unjudgedCount - unjudged.length
  return [
    ...(others > 0 ? [`${others} connections carry no MQTT`] : []),
    ...(more > 0 ? [`${more} more connections could not be judged`] : []),
    ...(forgotten > 0 ? [`${forgotten} clients that left are not listed`] : []),
  ]
}
