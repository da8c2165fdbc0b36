import { verdictOf } from '../engine/verdict.ts'
import { blankResult } from '../model/blank-result.ts'
import type { CaseResult } from '../model/report.ts'
import type { TargetRole } from '../standard/clauses.ts'
import type { ObservedClient } from './observed-client.ts'
import type { Observer } from './observer.ts'

/** Where the command is described: there is no suite file to point at. */
const place = { file: 'docs/recorded-traffic.md', line: 1, column: 1 }

/** One case for each side of each client's connections, and one for each connection that could not be judged. */
export function resultsOf(observer: Observer, suite: string, replay: string): CaseResult[] {
  const results: CaseResult[] = []
  for (const { clients } of observer.brokers.values()) {
    for (const client of clients.values()) {
      results.push(judged(client, 'broker', suite, replay), judged(client, 'client', suite, replay))
    }
  }
  for (const [index, { client, broker, why }] of observer.unjudged.entries()) {
    results.push({
      ...blankResult({
        id: `${suite}/connection-${index + 1}:3.1.1:${client}`,
        suite,
        title: `The connection of ${client} to ${broker}`,
        version: '3.1.1',
        replay,
        place,
      }),
      verdict: 'skipped',
      reason: `not judged: ${why}`,
    })
  }
  return results
}

function judged(
  client: ObservedClient,
  side: TargetRole,
  suite: string,
  replay: string,
): CaseResult {
  const { name, version, connections, packets } = client
  const findings = client.findings[side]
  const seen = `${connections} ${connections === 1 ? 'connection' : 'connections'}, ${packets} packets`
  return {
    ...blankResult({
      id: `${suite}/${side}:${version}:${name}`,
      suite,
      title:
        side === 'broker'
          ? `What the broker did to ${name} (${seen})`
          : `What the client ${name} did (${seen})`,
      version,
      replay,
      place,
    }),
    ...(side === 'client' ? { judges: 'client' as const } : {}),
    ...verdictOf({ kind: 'done' }, findings),
    durationMs: Math.round(client.lastMs - client.firstMs),
    findings,
    trace: client.trace.events(),
  }
}
