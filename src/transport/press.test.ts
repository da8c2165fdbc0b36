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

t.test('what was read and is held by nobody goes before more is read', async t => {
  await litter(150)
  const before = lying()
  for (let i = 0; i < 16; i++) noteRead(megabyte)
  // The second look waits for the sweep of the first.
  for (let i = 0; i < 16; i++) noteRead(megabyte)
  t.ok(lying() < 96, `${before} MB before, ${lying()} MB after`)
})
