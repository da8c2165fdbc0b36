import { constants } from 'node:fs'
import { type FileHandle, open, writeFile } from 'node:fs/promises'
import { gunzipSync } from 'node:zlib'
import { adviceFor } from '../model/text/system-error.ts'

/** Larger than any suite, profile or list of known issues by far. */
const textBytesMax = 8 * 1024 * 1024
const noneNeedsMore = 'no such file needs more'
/** Read at a time. */
const chunkBytes = 256 * 1024

/**
 * The text of a file that somebody named. What is no file is not waited for: a pipe into which nobody writes has no end, nor has a device.
 * Rejects with an error whose message says what stands in the way and what helps.
 */
export async function readNamedFile(
  file: string,
  bytesMax = textBytesMax,
  advice = noneNeedsMore,
): Promise<string> {
  const read = await readNamedBytes(file, bytesMax, advice)
  const bytes = file.endsWith('.gz') ? unpacked(file, read, bytesMax) : read
  try {
    return utf8.decode(bytes)
  } catch {
    throw new Error(
      `cannot read ${file}: it is no UTF-8 text, ${firstWrong(bytes)}; save it as UTF-8`,
    )
  }
}

function unpacked(file: string, bytes: Buffer, bytesMax: number): Buffer {
  try {
    return gunzipSync(bytes, { maxOutputLength: bytesMax })
  } catch (error) {
    throw new Error(`cannot read ${file}: it is no gzip: ${(error as Error).message}`)
  }
}

const utf8 = new TextDecoder('utf-8', { fatal: true })

/** As `readNamedFile`, of what need not be text. */
export async function readNamedBytes(
  file: string,
  bytesMax: number,
  advice = noneNeedsMore,
): Promise<Buffer> {
  const { handle, sizeBytes } = await openNamedFile(file)
  try {
    if (sizeBytes > bytesMax) throw tooLarge(bytesMax, advice)
    return await read(handle, bytesMax, advice)
  } catch (error) {
    throw cannotRead(file, error)
  } finally {
    await handle.close()
  }
}

/** Opens what somebody named for reading, where it is a file. Rejects as `readNamedFile` does. */
export async function openNamedFile(
  file: string,
): Promise<{ handle: FileHandle; sizeBytes: number }> {
  let handle: FileHandle | undefined
  try {
    // Without O_NONBLOCK the opening of a pipe waits for somebody who writes.
    handle = await open(file, constants.O_RDONLY | (constants.O_NONBLOCK ?? 0))
    const stat = await handle.stat()
    if (!stat.isFile()) throw new Error(`it is ${kindOf(stat)}, where a file is due`)
    return { handle, sizeBytes: stat.size }
  } catch (error) {
    await handle?.close()
    throw cannotRead(file, error)
  }
}

/** Writes a small file that somebody named. A pipe is written only where somebody reads it: else its opening would wait for them. */
export async function writeNamedFile(file: string, text: string): Promise<void> {
  const { O_WRONLY, O_CREAT, O_TRUNC, O_NONBLOCK = 0 } = constants
  await writeFile(file, text, { flag: O_WRONLY | O_CREAT | O_TRUNC | O_NONBLOCK })
}

function cannotRead(file: string, error: unknown): Error {
  return new Error(`cannot read ${file}: ${adviceFor(error)}`, { cause: error })
}

/** Not by its size: a file of /proc has none and may have no end. */
async function read(handle: FileHandle, bytesMax: number, advice: string): Promise<Buffer> {
  const chunks: Buffer[] = []
  for (let bytes = 0; ; ) {
    const { bytesRead, buffer } = await handle.read(Buffer.allocUnsafe(chunkBytes), 0, chunkBytes)
    if (bytesRead === 0) return Buffer.concat(chunks)
    bytes += bytesRead
    if (bytes > bytesMax) throw tooLarge(bytesMax, advice)
    chunks.push(buffer.subarray(0, bytesRead))
  }
}

function tooLarge(bytesMax: number, advice: string): Error {
  return new Error(`it has more than ${Math.floor(bytesMax / 1024 / 1024)} MB; ${advice}`)
}

function kindOf(stat: { isDirectory(): boolean; isFIFO(): boolean; isSocket(): boolean }): string {
  if (stat.isDirectory()) return 'a folder'
  if (stat.isFIFO()) return 'a pipe (FIFO)'
  return stat.isSocket() ? 'a socket' : 'a device'
}

/** Where the first byte stands that cannot be. */
function firstWrong(bytes: Buffer): string {
  // What is decoded in the lenient way and encoded again differs first where it is wrong.
  const again = Buffer.from(bytes.toString('utf8'))
  let at = 0
  while (at < bytes.length && bytes[at] === again[at]) at++
  const line = bytes.subarray(0, at).toString('latin1').split('\n').length
  return `at line ${line} stands byte 0x${(bytes[at] ?? 0).toString(16).padStart(2, '0')}`
}
