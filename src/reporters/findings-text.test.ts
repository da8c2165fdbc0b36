import { readdirSync, readFileSync } from 'node:fs'
import t from 'tap'

/*
 * What whole runs on real targets found, as scripts/write-findings.ts keeps it: the target is the subject, nothing is said twice, and what
 * was due stands beside what came.
 */
const folder = new URL('../../fixtures/testing/findings/', import.meta.url)
const files = readdirSync(folder)

/** Actors of ours that a message may tell of only as who gets something. */
const actors = 'pub|sub|bad|broker|app|watcher|old|new|late|s\\d|a|b|c'

t.ok(files.length >= 4, 'four targets')

for (const file of files) {
  t.test(`findings about ${file.replace('.txt', '')} read well`, async t => {
    const blocks = readFileSync(new URL(file, folder), 'utf8').trim().split('\n\n')
    t.ok(blocks.length > 2)
    for (const block of blocks) {
      const [head = '', ...lines] = block.split('\n')
      t.match(head, /^(fail|warn) \d+ {2}(MUST|SHOULD) (3\.1|3\.1\.1|5\.0):/)
      const told = lines.map(line => line.trim())
      const found = told[0]?.replace(/^found: /, '') ?? ''
      t.notMatch(found, new RegExp(`^(${actors}) (expected|got|sent|has|kept|closed)\\b`), found)
      t.notMatch(found, /; got |expected /, found)
      t.notMatch(found, /^(an?|the|half|bytes) /, `it is said of whom: ${found}`)
      t.notMatch(found, /undefined|\[object|\bid=|qos=|\$\w/, found)
      t.notMatch(found, /\bcode 0x[0-9a-f]{2}\b(?! [A-Z])/, `a code has its name: ${found}`)
      const halves = found.split('; ')
      t.equal(new Set(halves).size, halves.length, found)
      for (const line of told.slice(1)) {
        const [name, text = ''] = line.split(/: (.*)/s)
        if (name !== 'in') t.notOk(found.includes(text), `${name} says no more than: ${found}`)
      }
    }
  })
}
