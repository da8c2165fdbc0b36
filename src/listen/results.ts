import { Redactor } from '../engine/traces/redact.ts'
import { type Ending, verdictOf } from '../engine/verdict.ts'
import { blankResult } from '../model/blank-result.ts'
import type { Finding } from '../model/finding.ts'
import type { CaseResult } from '../model/report.ts'
import type { TraceEvent } from '../model/trace.ts'
import type { Version } from '../model/version.ts'
import { judgeTrace } from '../oracle/judges.ts'
import type { Played } from './exercise-player.ts'
import { coversOf, type Exercise } from './exercises.ts'
import type { Stranger } from './first-packet.ts'
import type { ServedClient } from './served-client.ts'
import { describeShares } from './share.ts'

/** Where the pieces are described: there is no suite file to point at. */
const place = { file: 'docs/listen.md', line: 1, column: 1 }
const suite = 'listen'
/** Of the conduct of a client only so much of the trace is kept, from its end. */
const conductEventsMax = 1000

/** The command line that listens again, for all or for one piece. */
export type Replay = (piece?: string) => string

/** One case for each piece of the programme, played or not, and one for all that happened outside of them. */
export function resultsOf(guest: ServedClient, replay: Replay): CaseResult[] {
  const { played, todo } = guest.performance
  const shares = shareOut(guest.record.findings, played)
  return [
    conduct(guest, shares.get(undefined) ?? [], replay),
    ...played.map(one => playedResult(guest, one, shares.get(one) ?? [], replay)),
    ...todo.map(piece => unplayedResult(guest, piece, replay)),
  ]
}

/** Gives each finding to the piece during which its event came. */
function shareOut(findings: Finding[], played: Played[]): Map<Played | undefined, Finding[]> {
  const shares = new Map<Played | undefined, Finding[]>()
  for (const finding of findings) {
    const owner = played.find(({ from, to }) => finding.seq >= from && finding.seq <= to)
    shares.set(owner, [...(shares.get(owner) ?? []), finding])
  }
  return shares
}

function conduct(guest: ServedClient, findings: Finding[], replay: Replay): CaseResult {
  const { version, name } = guest.options
  const trace = guest.record.events()
  return {
    ...blank(
      `${suite}/conduct:${version}:${name}`,
      `All that ${name} did beside the programme, of which was seen: ${describeShares(guest.shown.shares)}`,
      version,
      replay(),
    ),
    ...verdictOf(conductEnding(guest), findings),
    durationMs: guest.record.nowMs,
    covers: [`${version}:${version === '3.1' ? '§3.1' : 'MQTT-3.1.0-1'}`],
    findings,
    trace: trace.slice(-conductEventsMax),
  }
}

function conductEnding({ gaveUp }: ServedClient): Ending {
  return gaveUp === undefined
    ? { kind: 'done' }
    : { kind: 'inconclusive', reason: `given up: ${gaveUp}` }
}

function playedResult(
  guest: ServedClient,
  played: Played,
  findings: Finding[],
  replay: Replay,
): CaseResult {
  const { piece, trace, beganMs, endedMs } = played
  const waits = trace.reduce((sum, event) => sum + (event.kind === 'wait' ? event.ms : 0), 0)
  return {
    ...forPiece(guest, piece, replay),
    ...verdictOf(endingOf(guest, played), findings),
    durationMs: Math.round(endedMs - beganMs),
    sleptMs: waits,
    findings,
    trace: withFindings(guest, trace, findings),
  }
}

/** Where findings were left out that may be this piece's, nobody can tell that it went well. */
function endingOf({ record }: ServedClient, { ending, to }: Played): Ending {
  const { fullSince } = record
  if (ending.kind !== 'done' || fullSince === undefined || to < fullSince) return ending
  const reason = 'the client broke more by then than is kept of it'
  return { kind: 'inconclusive', reason }
}

/** A finding that came late points at an event which the piece has; its trace stays as it is. */
function withFindings(guest: ServedClient, trace: TraceEvent[], findings: Finding[]): TraceEvent[] {
  const known = new Set(trace.map(event => event.seq))
  if (findings.every(finding => known.has(finding.seq))) return trace
  const wanted = new Set(findings.map(finding => finding.seq))
  const missing = guest.record
    .events()
    .filter(event => wanted.has(event.seq) && !known.has(event.seq))
  return [...trace, ...missing].sort((a, b) => a.seq - b.seq)
}

function unplayedResult(guest: ServedClient, piece: Exercise, replay: Replay): CaseResult {
  return {
    ...forPiece(guest, piece, replay),
    verdict: 'skipped',
    reason: whyNotPlayed(guest, piece),
  }
}

function whyNotPlayed(guest: ServedClient, { by, qos, strike }: Exercise): string {
  const { performance } = guest
  if (strike?.cut && !guest.wantedKept) {
    return guest.options.version === '5.0'
      ? 'the client keeps no session: its Session Expiry Interval is 0'
      : 'the client keeps no session: it connects with Clean Session 1'
  }
  if (by === 'client') {
    const more = performance.played.some(one => one.piece.by === 'client') ? 'further ' : ''
    return `the client published no ${more}message at QoS ${qos}`
  }
  return guest.everSubscribedAt >= qos
    ? 'the listening ended before it was its turn'
    : `the client subscribed to nothing at QoS ${qos}`
}

function forPiece(guest: ServedClient, piece: Exercise, replay: Replay): CaseResult {
  const { version, name } = guest.options
  return {
    ...blank(`${suite}/${piece.id}:${version}:${name}`, piece.title, version, replay(piece.id)),
    covers: coversOf(piece, version),
  }
}

function blank(id: string, title: string, version: Version, replay: string): CaseResult {
  return blankResult({ id, suite, title, version, replay, place })
}

/** Somebody who never became a client: judged where bytes came that are no CONNECT, else only named. */
export function strangerResult(
  stranger: Stranger,
  from: string,
  number: number,
  replay: Replay,
): CaseResult {
  const { version, wrong, why, bytes } = stranger
  const base: CaseResult = {
    ...blank(
      `${suite}/first-packet:${version}:stranger-${number}`,
      `The first packet of a connection from ${from}`,
      version,
      replay(),
    ),
    covers: [`${version}:${version === '3.1' ? '§3.1' : 'MQTT-3.1.0-1'}`],
  }
  if (!wrong) return { ...base, verdict: 'skipped', reason: `no client: ${from} ${why}` }
  const on = { connection: 1, actor: 'broker' }
  const trace: TraceEvent[] = [
    { seq: 0, at: 0, kind: 'open', ...on, by: 'target', version },
    { seq: 1, at: 0, kind: 'bytes', ...on, from: 'target', bytes, why: 'garbage' },
    { seq: 2, at: 0, kind: 'close', ...on, by: 'harness', how: 'rst' },
  ]
  const breaches = judgeTrace(trace, { target: 'client', version })
  const findings: Finding[] =
    breaches.length > 0
      ? breaches.map(breach => ({ ...breach, atMs: 0 }))
      : [
          {
            statement: base.covers[0]!,
            level: 'MUST',
            message: `The first packet of a connection is no CONNECT: ${from} ${why}`,
            expected: 'CONNECT',
            got: why,
            seq: 1,
            judge: 'audit',
            atMs: 0,
          },
        ]
  const redactor = new Redactor()
  const shown = trace.map(event => redactor.event(event))
  return { ...base, ...verdictOf({ kind: 'failed' }, findings), findings, trace: shown }
}
