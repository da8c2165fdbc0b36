import { readFile, writeFile } from 'node:fs/promises'
import { readSuites } from '../src/run/choice/choose-suites.ts'
import { parseUndetected } from '../src/scenario/detection.ts'
import { suitesReadme } from '../src/scenario/suites-readme.ts'

/** Writes suites/README.md: `npx tsx scripts/suites-readme.ts`. */
const folder = new URL('../suites/', import.meta.url)
const { suites } = await readSuites([])
const source = await readFile(new URL('undetected.yaml', folder), 'utf8')
const { read, problems } = parseUndetected('suites/undetected.yaml', source)
if (!read || problems.length > 0) throw new Error(JSON.stringify(problems, null, 2))
await writeFile(new URL('README.md', folder), suitesReadme(suites, read))
