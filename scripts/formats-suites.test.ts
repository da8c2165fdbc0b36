import { readdirSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import t from 'tap'
import { formatSuites } from './formats/suite-text.ts'

const root = fileURLToPath(new URL('..', import.meta.url))

t.test(
  'the suites of packet formats are what the table makes of them: else `npm run generate`',
  async t => {
    const suites = formatSuites()
    for (const { path, text } of suites) t.equal(readFileSync(root + path, 'utf8'), text, path)
    for (const target of ['broker', 'client']) {
      const folder = `suites/${target}/formats`
      const made = suites.map(({ path }) => path).filter(path => path.startsWith(folder))
      const there = readdirSync(root + folder).map(file => `${folder}/${file}`)
      t.same(there.sort(), made.sort(), 'no file is left over')
    }
  },
)
