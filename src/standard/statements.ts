import type { Level, StatementRef } from '../model/finding.ts'
import type { Version } from '../model/version.ts'
import type { StatementData } from './statements/statement.ts'
import { v3_1_1 } from './statements/v3_1_1.ts'
import { v5_0 } from './statements/v5_0.ts'

export type Statement = StatementData & { ref: StatementRef; version: Version }

/** Every normative statement of 3.1.1 (141) and 5.0 (251) by its full name. 3.1 numbers none. */
export const statements: ReadonlyMap<StatementRef, Statement> = new Map(
  [
    ...v3_1_1.map(data => statement('3.1.1', data)),
    ...v5_0.map(data => statement('5.0', data)),
  ].map(entry => [entry.ref, entry]),
)

function statement(version: Version, data: StatementData): Statement {
  return { ...data, version, ref: `${version}:${data.id}` }
}

/** MUST and MUST NOT alike are MUST; a section reference (`3.1:§4.3`) has the level its user gives. */
export function levelOf(ref: StatementRef): Level {
  const level = statements.get(ref)?.level ?? 'MUST'
  if (level.startsWith('MUST')) return 'MUST'
  return level.startsWith('SHOULD') ? 'SHOULD' : 'MAY'
}
