import { hideWills, showSecrets } from '../../model/secrets.ts'
import { UsageError } from '../../run/usage-error.ts'
import { startWatching, type WatchNumbers } from '../../run/watch.ts'
import { hearInterrupts } from '../interrupts.ts'
import type { Io } from '../io.ts'
import { openOutputs } from '../outputs.ts'
import { untilTheEnd } from '../until-the-end.ts'

type Options = {
  to: string
  listen?: string
  /** Seconds after which the watching ends by itself. */
  for?: number
  /** Seconds from one line of numbers to the next. */
  metrics?: number
  /** Seconds. */
  patience?: number
  strict?: boolean
  reporter?: string[]
  verbose?: boolean
  showSecrets?: boolean
  hideWills?: boolean
}

/** Lines about findings; of more only the numbers and the report tell. */
const linesMax = 200

/** `mqttspec watch`: a proxy that changes nothing and judges both sides until Ctrl-C or `--for`. Returns the exit code. */
export async function watchCommand(options: Options, io: Io): Promise<number> {
  if (options.showSecrets) showSecrets()
  if (options.hideWills) hideWills()
  const { strict, patience, metrics = 60 } = options
  const to = addressOf(options.to, '--to')
  const listen = addressOf(options.listen ?? '127.0.0.1:0', '--listen')
  const interrupts = hearInterrupts(io)
  const outputs = await openOutputs(options.reporter ?? [], {
    io,
    verbose: options.verbose ?? false,
    onAlone: () => interrupts.interrupt(),
  })
  let lines = 0
  const tell = (text: string) => {
    lines += 1
    if (lines <= linesMax) io.stderr.write(`${text}\n`)
    else if (lines === linesMax + 1) io.stderr.write('  more is not told here; the report has it\n')
  }
  let printing: NodeJS.Timeout | undefined
  try {
    const watching = await startWatching({
      to,
      listen,
      replay: `mqttspec watch --to ${options.to}`,
      ...(patience === undefined ? {} : { patienceMs: patience * 1000 }),
      ...(strict === undefined ? {} : { strict }),
      onFinding: (client, side, { level, statement, message }) => {
        tell(
          `  ${level} ${statement} ${side === 'client' ? 'client' : 'broker to'} ${client}: ${message}`,
        )
      },
    })
    const { port } = watching
    io.stderr.write(`mqttspec watches ${options.to}: dial ${shown(listen.host)}:${port} instead\n`)
    io.stderr.write(`  ${reachText(listen.host)}; Ctrl-C ends with verdicts\n`)
    printing = setInterval(
      () => io.stderr.write(`${metricsLine(watching.numbers())}\n`),
      metrics * 1000,
    )
    await untilTheEnd(options.for, interrupts.signal)
    io.stderr.write(`${metricsLine(watching.numbers())}\n`)
    const report = await watching.finish()
    return await outputs.finish(report)
  } finally {
    clearInterval(printing)
    interrupts.stop()
    await outputs.close()
  }
}

function metricsLine(numbers: WatchNumbers): string {
  const { forMs, open, connections, packets, bytes, clients, findings, unreached } = numbers
  const memory = Math.round(process.memoryUsage().rss / 1024 / 1024)
  return [
    `watched_s=${Math.round(forMs / 1000)}`,
    `connections_open=${open}`,
    `connections_total=${connections}`,
    `clients=${clients}`,
    `packets=${packets}`,
    `bytes=${bytes}`,
    `findings=${findings}`,
    `broker_unreachable=${unreached}`,
    `memory_mb=${memory}`,
  ].join(' ')
}

function reachText(host: string): string {
  if (['127.0.0.1', '::1', 'localhost'].includes(host)) {
    return 'only programs on this machine reach it; --listen 0.0.0.0:1883 lets others in'
  }
  return 'it is open to everybody who reaches that interface'
}

/** `broker:1883`, `[::1]:1883`, `:1883` and `1883`, the last two on loopback. */
function addressOf(text: string, option: string): { host: string; port: number } {
  const match =
    /^(?:mqtt:\/\/|tcp:\/\/)?(?:(?:\[([0-9a-fA-F:.]+)\]|([^:/\s]*)):)?(\d{1,5})\/?$/.exec(text)
  const port = Number(match?.[3])
  if (!match || port > 65_535) {
    throw new UsageError(`${option} expects host:port, got "${text}"`)
  }
  return { host: match[1] ?? (match[2] || '127.0.0.1'), port }
}

function shown(host: string): string {
  return host.includes(':') ? `[${host}]` : host
}
