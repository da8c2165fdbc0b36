import t from 'tap'
import { noteRead } from './press.ts'

const megabyte = 1024 * 1024
const lying = () => process.memoryUsage().arrayBuffers / megabyte

/** Buffers that nobody holds any more, in old space, where no small collection finds them. */
async function litter(megabytes: number): Promise<void> {
  const buffers = Array.from({ length: megabytes }, () => new Uint8Array(megabyte))
  await new Promise(resolve => setImmediate(resolve))
  t.equal(buffers.length, megabytes)
}

/** Whether so little lies there once V8 has swept, which it does beside us behind a collection; without one nothing would ever go. */
async function sweptBelow(megabytes: number): Promise<boolean> {
  for (let looks = 0; looks < 500; looks++) {
    if (lying() < megabytes) return true
    await new Promise(resolve => setTimeout(resolve, 10))
  }
  return false
}

t.test('what was read and is held by nobody goes before more is read', async t => {
  await litter(150)
  const before = lying()
  for (let i = 0; i < 16; i++) noteRead(megabyte)
  t.ok(await sweptBelow(96), `${before} MB before, ${lying()} MB after`)
})
