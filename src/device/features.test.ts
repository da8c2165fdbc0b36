import { existsSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import t from 'tap'
import { packagedFirmware } from '../targets/micropython/firmware.ts'

/* The table of features says of each by which test it is shown. */

const page = readFileSync(path.join(packagedFirmware, 'docs/beside-the-others.md'), 'utf8')
const here = path.dirname(fileURLToPath(import.meta.url))
const marks = /[⁰¹²³⁴⁵⁶⁷⁸⁹]+/gu

function rowsOf(head: string): string[][] {
  const from = page.indexOf(head)
  const lines = page.slice(from).split('\n').slice(2)
  const rows = lines.slice(
    0,
    lines.findIndex(line => !line.startsWith('|')),
  )
  return rows.map(line => line.split('|').map(cell => cell.trim()))
}

t.test('each feature names a test, each test is there, and none is left over', async t => {
  const named = new Set<string>()
  for (const [, feature, ours = ''] of rowsOf('| | umqtt2 |')) {
    const found = ours.match(marks) ?? []
    t.ok(found.length > 0, `${feature} is shown by a test`)
    t.notMatch(ours, /^no\b/, `${feature} is there`)
    for (const mark of found) named.add(mark)
  }
  const shown = rowsOf('| | test |')
  t.same(new Set(shown.map(([, mark]) => mark)), named)
  for (const [, , file = '', title = ''] of shown) {
    const name = file.replaceAll('`', '')
    const sources = [`${name}.test.ts`, `${name}.ts`]
      .map(each => path.join(here, each))
      .filter(each => existsSync(each))
      .map(each => readFileSync(each, 'utf8'))
    const words = title.split('…')
    t.ok(
      sources.some(source => words.every(part => source.includes(part))),
      `${name}: ${title}`,
    )
  }
})
