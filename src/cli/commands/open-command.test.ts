import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import os from 'node:os'
import path from 'node:path'
import t from 'tap'
import { failingReport } from '../../../fixtures/testing/reports/lost-pubrec.ts'
import { createReporter } from '../../reporters/index.ts'
import { processIo } from '../io.ts'
import { main } from '../main.ts'

t.test('report open writes a page with the report, or one into which one is dropped', async t => {
  const dir = await mkdtemp(path.join(os.tmpdir(), 'mqttspec-open-'))
  t.teardown(() => rm(dir, { recursive: true, force: true }))
  const said: string[] = []
  const stream = { write: (text: string) => said.push(text), on: () => undefined }
  const io = { ...processIo, stdout: stream, stderr: stream }
  const [report, page] = [path.join(dir, 'report.json'), path.join(dir, 'page.html')]
  await writeFile(report, (await createReporter('json')).end(failingReport()))
  t.equal(await main(['report', 'open', report, '--output', page], io), 0)
  t.equal(said.join(''), `${page}\n`)
  t.match(await readFile(page, 'utf8'), /1 MUST is broken/)
  t.equal(await main(['report', 'open', '--output', page], io), 0)
  t.match(await readFile(page, 'utf8'), /Drop a report here/)
  t.equal(await main(['report', 'open', page, '--output', page], io), 2, 'a page is no report')
  t.match(said.at(-1), /page.html: /)
})
