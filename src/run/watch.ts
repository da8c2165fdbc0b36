import type { Finding } from '../model/finding.ts'
import type { RunReport } from '../model/report.ts'
import { Observer } from '../observe/observer.ts'
import { TcpRelay } from '../observe/relay.ts'
import type { TargetRole } from '../standard/clauses.ts'
import { reportOfTraffic } from './report/report-of-traffic.ts'
import { UsageError } from './usage-error.ts'

export type WatchOptions = {
  /** Where clients dial in; loopback and a free port by default. */
  listen?: { host: string; port: number }
  to: { host: string; port: number }
  /** What is owed for longer is held against who owes it. Default 10 s. */
  patienceMs?: number
  strict?: boolean
  replay?: string
  onFinding?(client: string, side: TargetRole, finding: Finding): void
}

/** What a line of metrics says. */
export type WatchNumbers = {
  forMs: number
  open: number
  connections: number
  packets: number
  bytes: number
  clients: number
  findings: number
  unreached: number
}

export type Watching = {
  readonly port: number
  numbers(): WatchNumbers
  /** Stops, drops the connections that pass, and gives the report. */
  finish(): Promise<RunReport>
}

const tickMs = 1000

/** Stands between clients and a broker, changes nothing, and judges both. Rejects with UsageError where the port cannot be opened. */
export async function startWatching(options: WatchOptions): Promise<Watching> {
  const { to, listen = { host: '127.0.0.1', port: 0 }, patienceMs = 10_000, onFinding } = options
  const startedAtMs = Date.now()
  const began = performance.now()
  const nowMs = () => Math.round((performance.now() - began) * 1000) / 1000
  const server = `${to.host.includes(':') ? `[${to.host}]` : to.host}:${to.port}`
  let findings = 0
  const unseen: string[] = []
  const observer = new Observer({
    broker: server,
    patienceMs,
    onFinding: (client, side, finding) => {
      findings += 1
      onFinding?.(client, side, finding)
    },
  })
  const relay = await started({
    ...listen,
    to,
    nowMs,
    onUnseen: error => {
      unseen.push(error instanceof Error ? error.message : String(error))
    },
    onConnection: client => {
      const stream = observer.open({ client, server, fromTheStart: true })
      return (
        stream && {
          ...stream,
          onBytes: (from, bytes, atMs) => {
            observer.turnClock(atMs)
            stream.onBytes(from, bytes, atMs)
          },
          onEnd: (by, how, atMs) => {
            observer.turnClock(atMs)
            stream.onEnd(by, how, atMs)
          },
        }
      )
    },
  })
  const ticking = setInterval(() => observer.turnClock(nowMs()), tickMs)
  const brokers = () => [...observer.brokers.values()]
  return {
    port: relay.port,
    numbers: () => ({
      forMs: nowMs(),
      open: relay.open,
      connections: relay.connections,
      packets: brokers().reduce((sum, one) => sum + one.packets, 0),
      bytes: relay.bytes,
      clients: brokers().reduce((sum, one) => sum + one.clients.size + one.forgotten, 0),
      findings,
      unreached: relay.unreached,
    }),
    finish: async () => {
      clearInterval(ticking)
      // Judged before the connections are dropped: that we leave is nobody's fault.
      observer.turnClock(nowMs())
      observer.end()
      const report = reportOfTraffic({
        observer,
        suite: 'watch',
        replay: options.replay ?? 'mqttspec watch',
        startedAtMs,
        durationMs: nowMs(),
        remarks: [
          ...(relay.unreached > 0
            ? [`${relay.unreached} clients came while the broker could not be reached`]
            : []),
          ...(unseen.length > 0
            ? [`${unseen.length} connections passed unseen after an error of ours: ${unseen[0]}`]
            : []),
        ],
        strict: options.strict,
        source: server,
      })
      await relay.close()
      return report
    },
  }
}

async function started(options: Parameters<typeof TcpRelay.start>[0]): Promise<TcpRelay> {
  try {
    return await TcpRelay.start(options)
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException
    throw new UsageError(`cannot listen on ${options.host}:${options.port}: ${code ?? message}`)
  }
}
