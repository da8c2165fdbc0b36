import { open } from 'node:fs/promises'
import path from 'node:path'
import t from 'tap'
import { reportOf } from '../../fixtures/testing/reports/build.ts'
import { json } from '../reporters/json.ts'
import { readReport, reportRoom } from './read-report.ts'

async function fileOf(folder: string, name: string, text: string, bytes = text.length) {
  const file = path.join(folder, name)
  const handle = await open(file, 'w')
  await handle.write(text)
  await handle.truncate(bytes)
  await handle.close()
  return file
}

const small = String(json({ traces: 'failed' }).end(reportOf([])))

t.test('a report that would not fit into memory is refused, with what helps', async t => {
  const file = await fileOf(t.testdir(), 'large.json', small, 65 * 1024 * 1024)
  await t.rejects(readReport(file), {
    name: 'UsageError',
    message: /large\.json: it has more than 48 MB; .*--trace failed/,
  })
})

t.test('reports that are read together share their room', async t => {
  const file = await fileOf(t.testdir(), 'small.json', small)
  const room = reportRoom()
  await readReport(file, room)
  t.equal(room.leftBytes, reportRoom().leftBytes - small.length)
  room.leftBytes = small.length - 1
  await t.rejects(readReport(file, room), { message: /it has more than 0 MB/ })
})
