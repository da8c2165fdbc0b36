import t from 'tap'
import { versions } from '../model/version.ts'
import { type ClauseName, cite, clauses, levelOfClause } from './clauses.ts'
import { statements } from './statements.ts'

t.test('every clause cites a statement of its version, or a section', async t => {
  for (const name of Object.keys(clauses) as ClauseName[]) {
    for (const version of versions) {
      for (const target of ['broker', 'client'] as const) {
        const ref = cite(name, version, target)
        const section = /^[^:]+:§\d/.test(ref)
        t.ok(section || statements.has(ref), `${name}: ${ref}`)
        if (version === '3.1') t.ok(section, `${name}: 3.1 numbers no statements`)
        t.match(levelOfClause(name, version, target), /^(MUST|SHOULD|MAY)$/)
      }
    }
  }
})
