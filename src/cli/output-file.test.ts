import { execFileSync } from 'node:child_process'
import { closeSync, constants, openSync, readFileSync, readSync } from 'node:fs'
import path from 'node:path'
import t from 'tap'
import { openOutputFile } from './output-file.ts'

const skip = process.platform === 'win32' ? 'no FIFO there' : false

function fifo(folder: string): string {
  const file = path.join(folder, 'pipe')
  execFileSync('mkfifo', [file])
  return file
}

t.test('what stood in a file stays until the first text comes', async t => {
  const file = path.join(t.testdir({ report: 'of the run before' }), 'report')
  const unused = await openOutputFile(file, t.fail)
  await unused.close()
  t.equal(readFileSync(file, 'utf8'), 'of the run before')
  const { write, close } = await openOutputFile(file, t.fail)
  write('new')
  await close()
  t.equal(readFileSync(file, 'utf8'), 'new')
})

t.test('a pipe that nobody reads is not waited for', { skip }, async t => {
  await t.rejects(openOutputFile(fifo(t.testdir()), t.fail), {
    name: 'UsageError',
    message: /a pipe \(FIFO\), and nobody reads it/,
  })
})

t.test('a pipe gets all, and holds nobody where its reader stops', { skip }, async t => {
  const file = fifo(t.testdir())
  const reader = openSync(file, constants.O_RDONLY | constants.O_NONBLOCK)
  t.teardown(() => closeSync(reader))
  const read = await openOutputFile(file, t.fail)
  read.write('all of it')
  await read.close()
  const bytes = Buffer.alloc(100)
  t.equal(bytes.toString('utf8', 0, readSync(reader, bytes)), 'all of it')

  const lost: string[] = []
  const stuck = await openOutputFile(file, why => lost.push(why), { pipeMs: 100 })
  stuck.write('x'.repeat(1024 * 1024))
  stuck.write('more')
  await stuck.close()
  t.match(lost, [/^nobody read it for 0.1 s$/])
})
