import { readFileSync } from 'node:fs'
import t from 'tap'
import { brokersDo, clientsDo, judgedWrongly, type Row } from './in-the-field.ts'
import { settings } from './settings.ts'

const names = settings.map(({ name }) => name)
const textOf = (file: string) => readFileSync(new URL(`../../${file}`, import.meta.url), 'utf8')

/** What of a row is not there. */
function missingOf({ settings: wanted = [], tests = [] }: Row): string[] {
  return [
    ...wanted.filter(name => !names.includes(name)),
    ...tests.filter(([file, words]) => !textOf(file).includes(words)).map(([, words]) => words),
  ]
}

t.test('all that was seen in the field is a setting or a test', async t => {
  for (const row of [...brokersDo, ...clientsDo, ...judgedWrongly]) {
    t.same(missingOf(row), [], row.does)
    t.ok((row.settings ?? []).length + (row.tests ?? []).length > 0, `${row.does}: by what?`)
  }
})

t.test('a row that names what is not there is found', async t => {
  const row: Row = {
    does: 'x',
    settings: ['broker, nothing'],
    tests: [['src/oracle/verifiers.test.ts', 'no such words']],
  }
  t.same(missingOf(row), ['broker, nothing', 'no such words'])
})
