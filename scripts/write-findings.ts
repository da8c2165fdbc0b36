import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { primaryFinding } from '../src/causes/primary.ts'
import type { RunReport } from '../src/model/report.ts'
import { parseReport } from '../src/reporters/reading/parse-report.ts'
import { detailsOf } from '../src/reporters/text/details.ts'

/*
 * npm run findings -- REPORT.json…: keeps what whole runs on real targets found, one cause after the other, as text to be read.
 * src/reporters/findings-text.test.ts holds that text to how findings read.
 */
const folder = fileURLToPath(new URL('../fixtures/testing/findings/', import.meta.url))

mkdirSync(folder, { recursive: true })
for (const file of process.argv.slice(2)) {
  const report = parseReport(readFileSync(file, 'utf8'))
  writeFileSync(`${folder}${report.target.name}.txt`, textOf(report))
}

function textOf({ results, causes = [] }: RunReport): string {
  const byId = new Map(results.map(result => [result.id, result]))
  const blocks = causes.flatMap(({ verdict, level, statements, cases }) => {
    const first = byId.get(cases[0] ?? '')
    const finding = first && primaryFinding(first)
    if (!first || !finding) return []
    return [
      `${verdict} ${cases.length}  ${level} ${statements.join(', ')}`,
      `  found: ${finding.message}`,
      ...detailsOf(finding).map(([name, text]) => `  ${name}: ${text}`),
      `  in: ${first.id}`,
      '',
    ].join('\n')
  })
  return blocks.join('\n')
}
