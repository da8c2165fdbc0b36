import fc from 'fast-check'
import t from 'tap'
import { entryOf } from './node.ts'
import { readYaml } from './read-yaml.ts'

t.test('scalars stay text and know where they stand', async t => {
  const { root, problems } = readYaml('a.yaml', 'a: 5.0\nb:\n  - "x"\n')
  t.same(problems, [])
  t.match(root && entryOf(root, 'a')?.value, {
    kind: 'scalar',
    text: '5.0',
    quoted: false,
    span: { file: 'a.yaml', line: 1, column: 4, length: 3 },
  })
  t.match(root && entryOf(root, 'b')?.value, {
    kind: 'list',
    items: [{ text: 'x', quoted: true, span: { line: 3, column: 5, length: 3 } }],
  })
})

t.test('an alias stands for what its anchor named', async t => {
  const { root } = readYaml('a.yaml', 'a: &x [1]\nb: *x\n')
  t.match(root && entryOf(root, 'b')?.value, { kind: 'list', items: [{ text: '1' }] })
})

const refused: [title: string, text: string, message: RegExp][] = [
  ['an empty file', '# nothing\n', /the file is empty/],
  ['broken YAML', 'a: [1, 2\n', /./],
  ['two documents', 'a: 1\n---\nb: 2\n', /./],
  ['a key that is a list', '? [a]\n: b\n', /a key must be plain text/],
  ['an anchor that contains itself', 'a: &x [*x]\n', /not complete/],
  ['brackets without end', '['.repeat(200_000), /nests deeper than/],
  ['brackets that close', '['.repeat(500) + ']'.repeat(500), /nests deeper than/],
  ['lists in lists without end', '- '.repeat(100_000), /nests deeper than/],
  ['a bomb of aliases', bomb(), /more than 100000 values/],
]

function bomb(): string {
  const lines = ['a0: &a0 [x, x, x, x, x, x, x, x, x, x]']
  for (let i = 1; i < 12; i++) {
    lines.push(
      `a${i}: &a${i} [${Array(10)
        .fill(`*a${i - 1}`)
        .join(', ')}]`,
    )
  }
  return lines.join('\n')
}

t.test('what is no sensible YAML is refused in no time', async t => {
  for (const [title, text, message] of refused) {
    const { problems } = readYaml('a.yaml', text)
    t.equal(problems[0]?.code, 'BAD_YAML', title)
    t.match(problems[0]?.message, message, title)
    t.ok(problems.length <= 20, `${title}: few words`)
  }
  const { problems } = readYaml('a.yaml', 'x'.repeat(10_000_000))
  t.equal(problems[0]?.code, 'TOO_LARGE')
})

t.test('a key that stands twice is reported where it stands again', async t => {
  const { problems } = readYaml('a.yaml', 'a: 1\nb: 2\na: 3\n')
  t.match(problems, [{ code: 'DUPLICATE_KEY', span: { line: 3, column: 1, length: 1 } }])
})

t.test('no text makes the reader crash', async t => {
  const piece = fc.oneof(
    fc.constantFrom(
      '- ',
      ': ',
      '[',
      ']',
      '{',
      '}',
      '&a ',
      '*a',
      '"',
      "'",
      '\n',
      '  ',
      '|',
      '#',
      '!',
      '? ',
    ),
    fc.string({ maxLength: 5 }),
  )
  fc.assert(
    fc.property(fc.array(piece, { maxLength: 60 }), pieces => {
      const { root, problems } = readYaml('a.yaml', pieces.join(''))
      return root !== undefined || problems.length > 0
    }),
    { numRuns: 400 },
  )
  t.pass('400 texts')
})
