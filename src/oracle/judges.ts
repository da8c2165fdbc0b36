import type { Breach } from '../model/finding.ts'
import type { Party, TraceEvent } from '../model/trace.ts'
import type { Version } from '../model/version.ts'
import type { TargetRole } from '../standard/clauses.ts'
import { createAudit } from './audit/audit.ts'
import { createLedger } from './ledger/ledger.ts'
import type { Ledger } from './ledger/ledger-type.ts'
import { noLedger } from './ledger/no-ledger.ts'
import type { Owed } from './owed.ts'
import { createReferee } from './referee/referee.ts'
import { seenOf } from './sides.ts'

/**
 * All that judges one side of an exchange by its trace: the audit by the bytes of its packets, the referee by the state machines of
 * its connections and sessions, the ledger by what became of the messages. It knows no network: a saved trace is judged as one that
 * is still being written.
 */
export type Judges = {
  /** Takes an event, in the order of the trace. Returns the breaches that it makes certain. */
  observe(event: TraceEvent): Breach[]
  /**
   * What still has to come, found as it is asked for: packets on open connections, and messages to those who are there. `packets`
   * alone where nobody can tell of messages.
   */
  owed(which?: 'packets'): Iterable<Owed>
  /** The packets of these as breaches, for when nobody waits any longer. */
  overdue(): Breach[]
  /** The other side broke a rule on that connection: closing it is no wrong answer any more. */
  excuse(connection: number): void
  /** What the messages of the whole time broke, and those of them that are still owed. */
  end(): Breach[]
  /** About how much memory what is under way takes: exchanges that were begun and not ended. */
  heldBytes(): number
  /** What became of each message, for verifiers. */
  readonly ledger: Ledger
}

export type JudgesOptions = {
  /** What the judged side is. */
  target: TargetRole
  version: Version
  /** Which side is judged. Default: the target. */
  judged?: Party
  /** A client: an adapter tells what its application saw. Default true. */
  hearsApp?: boolean
  /** A client: its adapter claims that the library tells when a publish is complete. Default true. */
  tellsPublished?: boolean
  /** False where no application is commanded or heard, as of a client that only dials in: its messages are not followed. Default true. */
  followsMessages?: boolean
  /** So many packets back one may turn out to be lost. Default: as far as scenarios go back. */
  losableMax?: number
  /** A broker: others may publish whom nobody sees, as in a capture. Default false. */
  unseenPublishers?: boolean
}

export function createJudges({
  target,
  version,
  judged = 'target',
  hearsApp,
  tellsPublished,
  followsMessages = true,
  losableMax,
  unseenPublishers,
}: JudgesOptions): Judges {
  const audit = createAudit({ target })
  const referee = createReferee({ target, version, losableMax })
  const ledger = followsMessages
    ? createLedger({
        target,
        version,
        ...(hearsApp === undefined ? {} : { hearsApp }),
        ...(tellsPublished === undefined ? {} : { tellsPublished }),
        ...(unseenPublishers === undefined ? {} : { unseenPublishers }),
      })
    : noLedger

  function observe(event: TraceEvent): Breach[] {
    const seen = seenOf(event, judged)
    ledger.observe(seen)
    const broken = referee.observe(seen)
    const malformed = audit.observe(seen)
    // What is wrong with the form of a packet comes first: what else it breaks follows from that.
    return malformed.length === 0 ? broken : [...malformed, ...broken]
  }

  function* owed(which?: 'packets'): Iterable<Owed> {
    yield* referee.owed()
    if (which === undefined) yield* ledger.owed()
  }

  return {
    observe,
    owed,
    overdue: referee.overdue,
    excuse: referee.excuse,
    end: ledger.judge,
    heldBytes: referee.heldBytes,
    ledger,
  }
}

/** All that a whole trace breaks. */
export function judgeTrace(trace: Iterable<TraceEvent>, options: JudgesOptions): Breach[] {
  const judges = createJudges(options)
  const breaches = [...trace].flatMap(event => judges.observe(event))
  return [...breaches, ...judges.overdue(), ...judges.end()]
}
