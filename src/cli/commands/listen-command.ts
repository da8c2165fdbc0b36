import os from 'node:os'
import { hideWills, showSecrets } from '../../model/secrets.ts'
import type { Version } from '../../model/version.ts'
import { createLive, type Live } from '../../reporters/live.ts'
import type { Traces } from '../../reporters/reporter.ts'
import { type ListenRun, startListening } from '../../run/listen.ts'
import { UsageError } from '../../run/usage-error.ts'
import { readNamedFile, writeNamedFile } from '../../targets/named-file.ts'
import { type TransportName, transportNamed } from '../../transport/index.ts'
import { hearInterrupts } from '../interrupts.ts'
import type { Io, TextStream } from '../io.ts'
import { openOutputs } from '../outputs.ts'
import { untilTheEnd } from '../until-the-end.ts'

type Options = {
  host?: string
  port?: number
  transport?: TransportName
  /** PEM files: what is shown where the transport is encrypted. */
  cert?: string
  key?: string
  /** Where to write who vouches for a certificate of ours. */
  writeCa?: string
  mqtt?: Version[]
  strict?: boolean
  timeoutScale?: number
  reporter?: string[]
  trace?: Traces
  /** Seconds after which the listening ends by itself. */
  for?: number
  showSecrets?: boolean
  hideWills?: boolean
}

/** Lines a second that a person can still make something of; a flood beyond is counted. */
const linesPerSecondMax = 500

/** `mqttspec listen`: waits for devices until Ctrl-C or `--for`, then gives verdicts and reports. Returns the exit code. */
export async function listenCommand(words: string[], options: Options, io: Io): Promise<number> {
  if (options.showSecrets) showSecrets()
  if (options.hideWills) hideWills()
  const interrupts = hearInterrupts(io)
  const outputs = await openOutputs(options.reporter ?? [], {
    io,
    // A verdict for each piece is what somebody before a device waits for.
    verbose: true,
    traces: options.trace,
    onAlone: () => interrupts.interrupt(),
  })
  const stream = liveStream(options.reporter ?? [], io)
  const live = liveFor(stream, io)
  const write = bounded(text => stream.write(text))
  try {
    const identity = await identityOf(options)
    const run = await startListening({
      words,
      ...(options.host === undefined ? {} : { host: options.host }),
      ...(options.port === undefined ? {} : { port: options.port }),
      ...(options.transport ? { transport: options.transport } : {}),
      ...(identity ? { identity } : {}),
      ...(options.mqtt ? { mqtt: options.mqtt } : {}),
      ...(options.timeoutScale === undefined ? {} : { timeoutScale: options.timeoutScale }),
      strict: options.strict ?? false,
      replay: piece => replayLine(piece ? [`listen/${piece}`] : words, options),
      onEvent: (client, event) => write(live.event(client, event)),
      onPiece: (client, text) => write(live.piece(client, text)),
      onFinding: (client, finding) => stream.write(live.finding(client, finding)),
      onStranger: (from, why) => write(live.remark(from, why)),
    })
    if (options.writeCa !== undefined) await writeNamedFile(options.writeCa, run.ca)
    stream.write(`${greeting(run, options).join('\n')}\n`)
    await untilTheEnd(options.for, interrupts.signal)
    const report = run.finish()
    stream.write('\n')
    return await outputs.finish(report)
  } finally {
    interrupts.stop()
    await outputs.close()
  }
}

/** Rejects with UsageError. */
async function identityOf({ transport, cert, key, writeCa }: Options) {
  const secure = transportNamed(transport).secure === true
  const own = cert !== undefined || key !== undefined
  if ((own || writeCa !== undefined) && !secure) {
    throw new UsageError('--cert, --key and --write-ca go with --transport tls or wss')
  }
  if (!own) return undefined
  if (cert === undefined || key === undefined || writeCa !== undefined) {
    throw new UsageError('--cert FILE and --key FILE go together, and not with --write-ca')
  }
  return { ca: '', cert: await readPem(cert), key: await readPem(key) }
}

async function readPem(file: string): Promise<string> {
  try {
    return await readNamedFile(file)
  } catch (error) {
    throw new UsageError((error as Error).message)
  }
}

/** The ladder goes where people look; a report for machines on stdout stays clean. */
function liveStream(reporters: string[], { stdout, stderr }: Io): TextStream {
  const toStdout = reporters.find(wish => !wish.includes('='))
  return toStdout === undefined || toStdout === 'pretty' ? stdout : stderr
}

function liveFor(stream: TextStream, { env }: Io): Live {
  const columns = stream.isTTY === true ? (stream.columns ?? 160) : 160
  const colour = stream.isTTY === true && !env.NO_COLOR
  const ascii = !/utf-?8/i.test(env.LC_ALL || env.LC_CTYPE || env.LANG || '')
  return createLive(
    { colour, columns, live: false, verbose: false, ascii, traces: 'none' },
    () => new Date(),
  )
}

/** Passes lines on, at most so many in each second; says how many more there were. */
function bounded(write: (text: string) => void): (text: string) => void {
  let second = 0
  let lines = 0
  return text => {
    if (text === '') return
    const now = Math.floor(Date.now() / 1000)
    if (now !== second) {
      if (lines > linesPerSecondMax) {
        write(`… ${lines - linesPerSecondMax} more lines not shown; the report has them\n`)
      }
      second = now
      lines = 0
    }
    lines += 1
    if (lines <= linesPerSecondMax) write(text)
  }
}

function greeting({ port, notDrivable }: ListenRun, options: Options): string[] {
  const host = options.host ?? '127.0.0.1'
  const { transport = 'tcp' } = options
  const over = transport === 'tcp' ? '' : ` over ${transport}`
  const lines = [`mqttspec listens on ${shown(host)}:${port}${over}`]
  if (host === '0.0.0.0' || host === '::') {
    lines.push(
      `  point the device at ${addresses()
        .map(one => `${shown(one)}:${port}`)
        .join(' or ')}`,
      '  it is open to everybody who reaches this machine, and asks for no password',
    )
  } else if (host === '127.0.0.1' || host === '::1' || host === 'localhost') {
    lines.push('  only programs on this machine reach it; --host 0.0.0.0 lets devices in')
  }
  if (transportNamed(transport).secure) lines.push(`  ${certificateText(options)}`)
  if (notDrivable.length > 0) {
    const many = notDrivable.length === 1 ? '1 case' : `${notDrivable.length} cases`
    lines.push(
      `  ${many} of the suites you named cannot be driven: their app steps need an adapter; they are`,
      '  reported as skipped, and the built-in programme is played instead',
    )
  }
  const end = options.for === undefined ? 'Ctrl-C ends' : `ends in ${options.for} s, or at Ctrl-C,`
  lines.push(`  ${end} with verdicts; subscribe and publish at QoS 2 with a session that is kept`)
  return lines
}

function certificateText({ cert, writeCa }: Options): string {
  if (cert !== undefined) return `it shows the certificate of ${cert}`
  return writeCa === undefined
    ? 'its certificate was made for this run; --write-ca FILE writes what a device has to trust'
    : `its certificate was made for this run; what vouches for it is in ${writeCa}`
}

function addresses(): string[] {
  const all = Object.values(os.networkInterfaces()).flatMap(list => list ?? [])
  const outward = all.filter(one => !one.internal && one.family === 'IPv4')
  return outward.length > 0 ? outward.map(one => one.address) : ['127.0.0.1']
}

function shown(host: string): string {
  return host.includes(':') ? `[${host}]` : host
}

function replayLine(words: string[], options: Options): string {
  const { host, port, transport, cert, key, mqtt, timeoutScale } = options
  return [
    'mqttspec listen',
    host === undefined ? '' : `--host ${host}`,
    port === undefined ? '' : `--port ${port}`,
    transport === undefined ? '' : `--transport ${transport}`,
    cert === undefined ? '' : `--cert ${cert} --key ${key}`,
    mqtt ? `--mqtt ${mqtt.join(',')}` : '',
    timeoutScale === undefined ? '' : `--timeout-scale ${timeoutScale}`,
    ...words.map(word => `'${word}'`),
  ]
    .filter(word => word !== '')
    .join(' ')
}
