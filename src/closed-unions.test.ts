import { readdirSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import t from 'tap'

/*
 * A switch over a union of ours (verbs, faults, events, verdicts, shapes of data tagged `kind`) names every case: a new one then fails to
 * compile where it matters. A `default:` would swallow it.
 */

const root = fileURLToPath(new URL('.', import.meta.url))
const files = readdirSync(root, { recursive: true, encoding: 'utf8' }).filter(
  file => file.endsWith('.ts') && !file.endsWith('.test.ts'),
)

/** What a switch of ours is over, by its last name. */
const closed = /(^|[.?\s])(kind|verb|verdict|event|as|toldAt|level|judge)$/

/** The subjects of all switches with a `default:`, with the line of that. */
function defaultsIn(text: string): { subject: string; line: number }[] {
  const open: { subject: string; indent: number }[] = []
  return text.split('\n').flatMap((line, index) => {
    const indent = line.search(/\S/)
    const subject = /\bswitch \((.*)\) \{$/.exec(line)?.[1]
    if (subject !== undefined) open.push({ subject, indent })
    if (!/^\s*default:/.test(line)) return []
    const around = open.findLast(one => one.indent < indent)
    return around ? [{ subject: around.subject, line: index + 1 }] : []
  })
}

t.test('no switch over a union of ours has a default', async t => {
  t.ok(files.length > 200)
  const found = files.flatMap(file =>
    defaultsIn(readFileSync(root + file, 'utf8'))
      .filter(({ subject }) => closed.test(subject))
      .map(({ subject, line }) => `src/${file}:${line}: switch (${subject}) has a default`),
  )
  t.same(found, [])
})

t.test('a default is found where it stands', async t => {
  const text = `
  switch (event.fault.kind) {
    case 'lose':
      switch (packet.type) {
        default:
          return 1
      }
    default:
      return 2
  }`
  t.same(defaultsIn(text), [
    { subject: 'packet.type', line: 5 },
    { subject: 'event.fault.kind', line: 8 },
  ])
  t.match('body.verb', closed)
  t.notMatch('packet.type', closed)
})
