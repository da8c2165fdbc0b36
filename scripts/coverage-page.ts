import { readFileSync, writeFileSync } from 'node:fs'
import { readSuites } from '../src/run/choice/choose-suites.ts'
import { coveragePage } from './statements/coverage-page.ts'

/** Writes docs/coverage.md: `npx tsx scripts/coverage-page.ts`. */
const { suites } = await readSuites([])
const proof = JSON.parse(readFileSync(new URL('../reports/proof.json', import.meta.url), 'utf8'))
writeFileSync(new URL('../docs/coverage.md', import.meta.url), coveragePage(suites, proof))
