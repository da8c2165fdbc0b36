import { readFile } from 'node:fs/promises'
import path from 'node:path'
import t from 'tap'
import { readSuites } from '../src/run/choice/choose-suites.ts'
import { packageRoot } from '../src/run/choice/suite-files.ts'
import type { Suite } from '../src/scenario/ast.ts'
import { canHave, detectors, gaps, parseUndetected } from '../src/scenario/detection.ts'
import { suitesReadme } from '../src/scenario/suites-readme.ts'
import { bugClasses } from '../src/standard/bug-classes.ts'

const folder = path.join(packageRoot, 'suites')

t.test('the suites that come with the package', async t => {
  const { suites } = await readSuites([])
  const source = await readFile(path.join(folder, 'undetected.yaml'), 'utf8')
  const { read, problems } = parseUndetected('suites/undetected.yaml', source)
  t.same(problems, [])
  const list = read!

  t.test('suites/README.md is what its source makes of it', async t => {
    const written = await readFile(path.join(folder, 'README.md'), 'utf8')
    t.equal(written, suitesReadme(suites, list), 'run scripts/suites-readme.ts')
  })

  t.test(
    'every class of known bugs is detected or listed, on the sides that are complete',
    async t => {
      t.same(gaps(suites, list), [])
      t.ok(list.complete.includes('broker'))
    },
  )

  t.test('a class that nobody detects and nobody lists is a gap', async t => {
    const without = suites.map(suite => withoutBug(suite, 'R29'))
    t.match(gaps(without, list), [/^R29 is neither detected nor listed on the broker side/])
    t.same(gaps(without, { ...list, complete: [] }), [])
  })

  t.test(
    'an entry about a class that is detected, unknown, or of the other side is a gap',
    async t => {
      const entry = (bug: string) => ({ bug, side: 'broker' as const, reason: 'none' })
      const undetected = [...list.undetected, entry('R01'), entry('X99'), entry('S18')]
      t.same(gaps(suites, { complete: [], undetected }), [
        'R01 is listed as undetected on the broker side',
        'X99 is no bug class',
        'S18 is no bug of the broker side',
      ])
    },
  )

  t.test('only suites that test brokers detect on the broker side', async t => {
    const found = detectors(suites, 'broker').get('R02') ?? []
    t.ok(found.length > 0)
    for (const id of found) {
      const suite = suites.find(one => id.startsWith(`${one.id}/`))
      t.equal(suite?.role, 'client', id)
    }
  })
})

function withoutBug(suite: Suite, bug: string): Suite {
  const cases = suite.cases.map(kase => ({ ...kase, bugs: kase.bugs.filter(one => one !== bug) }))
  return { ...suite, cases }
}

t.test('a class is of both sides unless it names one', async t => {
  const sidesOf = (id: string) => {
    const bug = bugClasses.get(id)!
    return [canHave(bug, 'broker'), canHave(bug, 'client')]
  }
  t.same(sidesOf('R02'), [true, true], 'receiver')
  t.same(sidesOf('R24'), [false, true], 'client as receiver')
  t.same(sidesOf('S09'), [true, false], 'broker as sender')
  t.same(sidesOf('Q03'), [true, true], 'broker/client')
})

t.test('a mistake in the list of undetected bugs is told with its place', async t => {
  const { problems } = parseUndetected('u.yaml', 'complete: [broker]\nundetected:\n  - bug: R25\n')
  t.ok(problems.length > 0)
  t.match(problems[0], { span: { file: 'u.yaml', line: 3 } })
})
