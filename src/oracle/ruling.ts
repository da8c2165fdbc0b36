import type { Breach, Level } from '../model/finding.ts'
import type { Version } from '../model/version.ts'
import { type ClauseName, cite, levelOfClause, type TargetRole } from '../standard/clauses.ts'

/** What a rule found: `message` is one sentence, `expected` and `got` stand side by side in a report. */
export type Said = {
  message: string
  expected: string
  got: string
  nearestMiss?: string
  /** `seq` it points at; by default the event under way. */
  seq?: number
  /** Only where it differs from the clause's own. */
  level?: Level
  about?: 'durability' | 'dispute' | undefined
  /** It rests on what did not come. */
  absent?: true
}

/** What the rules share while one event is judged: whom they judge, where in the trace they are, and what they found. */
export type Ruling = {
  target: TargetRole
  /** Of the event under way. */
  seq: number
  at: number
  found: Breach[]
}

export function createRuling(target: TargetRole): Ruling {
  return { target, seq: 0, at: 0, found: [] }
}

export function say(ruling: Ruling, version: Version, clause: ClauseName, said: Said): void {
  ruling.found.push(breachOf('referee', ruling, version, clause, said))
}

export function breachOf(
  judge: Breach['judge'],
  ruling: Pick<Ruling, 'target' | 'seq'>,
  version: Version,
  clause: ClauseName,
  said: Said,
): Breach {
  const level = said.level ?? levelOfClause(clause, version, ruling.target)
  return {
    statement: cite(clause, version, ruling.target),
    level: said.about === 'dispute' && level === 'MUST' ? 'SHOULD' : level,
    message: said.message,
    expected: said.expected,
    got: said.got,
    seq: said.seq ?? ruling.seq,
    judge,
    ...(said.nearestMiss === undefined ? {} : { nearestMiss: said.nearestMiss }),
    ...(said.about === undefined ? {} : { about: said.about }),
    ...(said.absent ? { absent: true } : {}),
  }
}

/** Takes what was found so far. */
export function drain(ruling: Ruling): Breach[] {
  if (ruling.found.length === 0) return none
  const found = ruling.found
  ruling.found = []
  return found
}

const none: Breach[] = []
