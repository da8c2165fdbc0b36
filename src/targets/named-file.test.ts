import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { gzipSync } from 'node:zlib'
import t from 'tap'
import { readNamedFile } from './named-file.ts'

const folder = mkdtempSync(path.join(os.tmpdir(), 'named-'))
t.teardown(() => rmSync(folder, { recursive: true }))
const at = (name: string) => path.join(folder, name)

t.test('a file is read, with or without a byte order mark', async t => {
  writeFileSync(at('plain'), 'é')
  writeFileSync(at('marked'), '\ufeffé')
  t.equal(await readNamedFile(at('plain')), 'é')
  t.equal(await readNamedFile(at('marked')), 'é')
})

t.test('what is called .gz is unpacked, and told where it is none or too large', async t => {
  writeFileSync(at('two.gz'), Buffer.concat([gzipSync('one '), gzipSync('two')]))
  t.equal(await readNamedFile(at('two.gz')), 'one two')
  writeFileSync(at('plain.gz'), 'é')
  await t.rejects(readNamedFile(at('plain.gz')), { message: /it is no gzip/ })
  writeFileSync(at('bomb.gz'), gzipSync(Buffer.alloc(9 * 1024 * 1024)))
  await t.rejects(readNamedFile(at('bomb.gz')), { message: /larger than/i })
})

t.test('what is no file is told, and not waited for', async t => {
  await t.rejects(readNamedFile(folder), { message: /a folder, where a file is due/ })
  await t.rejects(readNamedFile(at('none')), { message: /ENOENT: it does not exist/ })
  if (process.platform === 'win32') return
  execFileSync('mkfifo', [at('pipe')])
  symlinkSync('/dev/zero', at('device'))
  symlinkSync('circle', at('circle'))
  await t.rejects(readNamedFile(at('pipe')), { message: /a pipe \(FIFO\)/ })
  await t.rejects(readNamedFile(at('device')), { message: /a device/ })
  await t.rejects(readNamedFile(at('circle')), { message: /ELOOP: its links lead in a circle/ })
})

t.test('a file that is too large is not read', async t => {
  writeFileSync(at('large'), 'x'.repeat(2 * 1024 * 1024))
  await t.rejects(readNamedFile(at('large'), 1024 * 1024), { message: /more than 1 MB/ })
})

t.test('bytes that are no UTF-8 are told with their line', async t => {
  writeFileSync(at('latin1'), Buffer.from('a: 1\nb: caf\xe9\n', 'latin1'))
  await t.rejects(readNamedFile(at('latin1')), { message: /line 2 stands byte 0xe9/ })
})
