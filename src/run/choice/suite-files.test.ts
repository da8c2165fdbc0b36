import t from 'tap'
import { loadSuites } from '../../scenario/loading/load.ts'
import { selectCases } from '../../scenario/select.ts'
import { filesMeant, readSuiteFiles } from './suite-files.ts'

t.test('a word leaves out no file from which it selects', async t => {
  const { files, fragments } = await readSuiteFiles([])
  const { suites } = loadSuites(files, { fragments })
  const kase = suites[5]?.cases.at(-1)
  const words = [
    ...suites.map(({ id }) => id),
    ...suites.slice(0, 20).flatMap(({ cases }) => cases[0]?.scenario ?? []),
    'qos2',
    './suites/broker/',
    'connect.yaml',
    'formats/*/legal*',
    kase?.id ?? '',
    kase?.id.split(':', 1)[0] ?? '',
  ]
  // Included ones are read when it is known who includes them.
  const included = suites.flatMap(({ includes }) => includes)
  const isIncluded = (file: string) => included.some(name => file.startsWith(name))
  for (const word of words) {
    const { cases } = selectCases(suites, { words: [word], heavy: true })
    const left = new Set(filesMeant(files, [word]).map(({ path }) => path))
    t.ok(cases.length > 0, word)
    const meant = new Set(cases.map(({ place }) => place.file))
    t.same(
      [...meant].filter(file => !left.has(file) && !isIncluded(file)),
      [],
    )
  }
  t.equal(filesMeant(files, [kase?.id ?? '']).length, 1, 'a case is in one file')
  t.equal(filesMeant(files, ['no-such-thing', kase?.id ?? '']).length, files.length)
})

t.test('the suites that ship may be named by their folder: each fragment counts once', async t => {
  const { files, fragments } = await readSuiteFiles(['suites'])
  const { suites, problems } = loadSuites(files, { fragments })
  t.same(problems, [])
  const all = await readSuiteFiles([])
  t.equal(suites.length, loadSuites(all.files, all).suites.length)
})
