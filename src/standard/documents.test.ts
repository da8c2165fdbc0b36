import { existsSync, readdirSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import t from 'tap'

const root = fileURLToPath(new URL('../../', import.meta.url))

t.test('every document that a comment cites is in the repository', async t => {
  const sources = readdirSync(path.join(root, 'src'), { recursive: true, encoding: 'utf8' })
  let cited = 0
  for (const file of sources.filter(name => name.endsWith('.ts'))) {
    const text = readFileSync(path.join(root, 'src', file), 'utf8')
    for (const [, name = ''] of text.matchAll(/(?:\/\/|\*) .*?([\w./-]+\.md)\b/g)) {
      cited += 1
      t.ok(existsSync(path.join(root, name)), `${file} cites ${name}`)
    }
  }
  t.ok(cited >= 8, `${cited} citations`)
})
