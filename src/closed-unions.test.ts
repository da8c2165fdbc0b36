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

type Switch = { subject: string; line: number; inside: string[]; behind: string }

/** All switches of a text, with the lines inside them and the one behind. */
function switchesIn(text: string): Switch[] {
  const lines = text.split('\n')
  const indentOf = (line: string) => line.search(/\S/)
  return lines.flatMap((line, index) => {
    const subject = /\bswitch \((.*)\) \{$/.exec(line)?.[1]
    if (subject === undefined) return []
    const isEnd = (one: string, at: number) =>
      at > index && one.trim() === '}' && indentOf(one) === indentOf(line)
    const end = lines.findIndex(isEnd)
    const inside = lines.slice(index + 1, end)
    const behind = lines.slice(end + 1).find(one => /^\s*[^\s/*]/.test(one)) ?? ''
    return [{ subject, line: index + 1, inside, behind: behind.trim() }]
  })
}

/** Why the compiler would not name a variant that is new at this switch; undefined where it would. */
function swallows({ inside, behind }: Switch): string | undefined {
  const depth = Math.min(
    ...inside.filter(line => /^\s*(case |default:)/.test(line)).map(line => line.search(/\S/)),
  )
  if (inside.some(line => /^\s*default:/.test(line) && line.search(/\S/) === depth)) {
    return 'has a default'
  }
  if (/ satisfies never$/.test(behind)) return undefined
  const goesOn = inside.some(line => /^\s*(return|break|continue)$/.test(line))
  if (goesOn) return 'goes on without a value, and no `satisfies never` stands behind it'
  return behind.startsWith('}') ? undefined : 'has code behind it, which is a default'
}

t.test('no switch over a union of ours swallows a new variant', async t => {
  t.ok(files.length > 200)
  const found = files.flatMap(file =>
    switchesIn(readFileSync(root + file, 'utf8'))
      .filter(({ subject }) => closed.test(subject))
      .flatMap(one => {
        const why = swallows(one)
        return why === undefined ? [] : [`src/${file}:${one.line}: switch (${one.subject}) ${why}`]
      }),
  )
  t.same(found, [])
})

t.test('a default is found in each of its forms', async t => {
  const text = `
  switch (event.fault.kind) {
    case 'lose':
      switch (packet.type) {
        default:
          return 1
      }
    default:
      return 2
  }
  }
  switch (one.kind) {
    case 'lose':
      return 1
  }
  // The rest is the same.
  return 2
  }
  switch (two.kind) {
    case 'lose':
      act()
      return
  }
  }
  switch (three.kind) {
    case 'lose':
      act()
      return
  }
  three satisfies never
  }
  switch (four.kind) {
    case 'lose':
      return 1
  }
  }`
  t.same(
    switchesIn(text).map(one => [one.subject, one.line, swallows(one)]),
    [
      ['event.fault.kind', 2, 'has a default'],
      ['packet.type', 4, 'has a default'],
      ['one.kind', 12, 'has code behind it, which is a default'],
      ['two.kind', 19, 'goes on without a value, and no `satisfies never` stands behind it'],
      ['three.kind', 25, undefined],
      ['four.kind', 32, undefined],
    ],
  )
  t.match('body.verb', closed)
  t.notMatch('packet.type', closed)
})
