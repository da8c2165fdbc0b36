import { notRun } from '../engine/execute.ts'
import { scaled } from '../engine/waiting/budgets.ts'
import { type Exercise, type Listening, listen, programme } from '../listen/server.ts'
import { describeShares } from '../listen/share.ts'
import type { Finding } from '../model/finding.ts'
import type { CaseResult, RunReport } from '../model/report.ts'
import { nearest } from '../model/schema/near.ts'
import type { TraceEvent } from '../model/trace.ts'
import { type Version, versions } from '../model/version.ts'
import type { Case } from '../scenario/ast.ts'
import { selectCases } from '../scenario/select.ts'
import { schemeOf, type TransportName, transportNamed } from '../transport/index.ts'
import type { DoorIdentity } from '../transport/listen.ts'
import { nothingCalled, readSuites } from './choice/choose-suites.ts'
import { makeReport, type Trouble } from './report/make-report.ts'
import { UsageError } from './usage-error.ts'

export type ListenRunOptions = {
  /** Pieces of the programme (`listen/pubrel-lost`, `*` for anything), and suites, which are only told apart. */
  words?: string[]
  /** The interface; loopback by default. */
  host?: string
  /** 0 takes a free port. */
  port?: number
  mqtt?: Version[]
  strict?: boolean
  timeoutScale?: number
  /** Plain TCP, unless it is said. */
  transport?: TransportName
  /** What is shown where the transport is encrypted. */
  identity?: DoorIdentity
  /** The command line that listens again, for all or for one piece. */
  replay?(piece?: string): string
  onEvent?(client: string, event: TraceEvent): void
  /** A piece begins or ends. */
  onPiece?(client: string, text: string): void
  onFinding?(client: string, finding: Finding): void
  onStranger?(from: string, why: string): void
}

export type ListenRun = {
  readonly port: number
  /** Who vouches for the certificate that we show, where it is one of our own; else empty. */
  readonly ca: string
  /** Cases of suites that somebody named: they need an application that can be told what to do. */
  readonly notDrivable: readonly Case[]
  /** Stops listening and gives the report. */
  finish(): RunReport
}

/**
 * Waits for clients that nobody can script, and plays the built-in programme to each. Rejects with UsageError for unknown words
 * and for a port that cannot be opened.
 */
export async function startListening(options: ListenRunOptions = {}): Promise<ListenRun> {
  const began = Date.now()
  const clock = performance.now()
  const { pieces, notDrivable } = await chosen(options)
  const host = options.host ?? '127.0.0.1'
  const replay =
    options.replay ??
    (piece => ['mqttspec listen', ...(piece ? [`listen/${piece}`] : [])].join(' '))
  const { transport = 'tcp', identity } = options
  const listening = await opened(host, options.port ?? transportNamed(transport).usualPort, {
    transport,
    ...(identity ? { identity } : {}),
    versions: options.mqtt ?? versions,
    pieces,
    patienceMs: scaled({ replyMs: 10_000 }, options.timeoutScale ?? 1).replyMs,
    connectMs: scaled({ connectMs: 10_000 }, options.timeoutScale ?? 1).connectMs,
    replay,
    ...(options.onEvent ? { onEvent: options.onEvent } : {}),
    ...(options.onPiece ? { onPiece: options.onPiece } : {}),
    ...(options.onFinding ? { onFinding: options.onFinding } : {}),
    ...(options.onStranger ? { onStranger: options.onStranger } : {}),
  })
  const { port } = listening
  const finish = (): RunReport => {
    const results = [
      ...listening.close(),
      ...notDrivable.map(kase => notRun(kase, 'skipped', handsNeeded(kase), replay())),
    ]
    // Pieces that ended with the listening are among what was seen.
    const clients = listening.clients()
    const seen = versions.filter(one => clients.some(client => client.version === one))
    return makeReport({
      startedAtMs: began,
      durationMs: performance.now() - clock,
      seed: 0,
      trouble: troubleOf(clients, results),
      target: {
        name: nameOf(clients.map(client => client.name)),
        role: 'client',
        address: `dialled in to ${transport === 'tcp' ? '' : schemeOf(transport).replace(/:$/, '://')}${shownHost(host)}:${port}`,
        versions: seen,
        fingerprint: {},
      },
      results,
      strict: options.strict,
    })
  }
  return { port, ca: listening.ca, notDrivable, finish }
}

type Clients = ReturnType<Listening['clients']>

/** Where nothing failed: of whom too little was seen to say anything. */
function troubleOf(clients: Clients, results: CaseResult[]): Trouble | undefined {
  if (clients.length === 0) return { says: 'no client came', exitCode: 4 }
  if (results.some(({ verdict }) => verdict === 'fail' || verdict === 'error')) return undefined
  const little = clients.flatMap(({ name, shown: { shares, missing } }) => {
    return missing === undefined
      ? []
      : [`of ${name} were seen ${describeShares(shares)}: ${missing}`]
  })
  return little.length > 0 ? { says: `not judged: ${little.join('; ')}`, exitCode: 4 } : undefined
}

async function opened(
  host: string,
  port: number,
  rest: Omit<Parameters<typeof listen>[0], 'host' | 'port'>,
): Promise<Awaited<ReturnType<typeof listen>>> {
  try {
    return await listen({ host, port, ...rest })
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException
    const hint =
      code === 'EADDRINUSE'
        ? '; another broker may be running: stop it or choose another --port'
        : ''
    throw new UsageError(`cannot listen on ${shownHost(host)}:${port}: ${code ?? message}${hint}`)
  }
}

/** Words that begin with `listen` choose pieces; all others choose cases of suites, which nobody can drive here. */
async function chosen({
  words = [],
  mqtt,
}: ListenRunOptions): Promise<{ pieces: Exercise[]; notDrivable: Case[] }> {
  const own = words.filter(word => /^listen(\/|$)/.test(word))
  const others = words.filter(word => !own.includes(word))
  const pieces = own.length === 0 ? [...programme] : programme.filter(piece => isMeant(piece, own))
  for (const word of own) {
    if (!programme.some(piece => isMeant(piece, [word]))) throw unknown(word)
  }
  if (others.length === 0) return { pieces, notDrivable: [] }
  const suites = await readSuites(others)
  const selection = selectCases(suites.suites, {
    words: suites.words,
    ...(mqtt ? { versions: mqtt } : {}),
  })
  if (selection.unknown.length > 0) throw nothingCalled(selection.unknown)
  return { pieces, notDrivable: selection.cases }
}

function isMeant(piece: Exercise, words: string[]): boolean {
  return words.some(word => {
    const [wanted = ''] = word.replace(/^listen\/?/, '').split(':')
    const pattern = wanted
      .split('*')
      .map(text => text.replace(/[.+?^${}()|[\]\\]/g, '\\$&'))
      .join('.*')
    return wanted === '' || new RegExp(`^${pattern}$`).test(piece.id)
  })
}

function unknown(word: string): UsageError {
  const near = nearest(
    word.replace(/^listen\/?/, ''),
    programme.map(piece => piece.id),
  )
  const hint = near ? `; did you mean "listen/${near}"?` : ''
  return new UsageError(`no piece of the programme is called "${word}"${hint}`)
}

function handsNeeded(kase: Case): string {
  return kase.role === 'broker'
    ? 'not drivable: an application on the client would have to be told what to do; use an adapter and mqttspec run'
    : 'not drivable: it tests a broker'
}

function nameOf(clients: string[]): string {
  const [only] = clients
  return clients.length === 1 && only !== undefined ? only : `${clients.length} clients`
}

function shownHost(host: string): string {
  return host.includes(':') ? `[${host}]` : host
}
