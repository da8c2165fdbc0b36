import { existsSync, ftruncateSync } from 'node:fs'
import { mkdir, open, rm } from 'node:fs/promises'
import path from 'node:path'
import { gzipSync } from 'node:zlib'
import { UsageError } from '../run/usage-error.ts'

export type OutputFile = {
  /** Parts are asked for one after the other, as fast as they can be written. */
  write(content: string | Uint8Array | Iterable<string>): void
  /** Resolves when all is written that can be. */
  close(): Promise<void>
}

/**
 * Opens a file for a report before anything runs, and touches what is in it only when the first text comes: a run that never began
 * neither empties the report of the run before nor leaves an empty file. What is called `.gz` is packed. `onLost` is told once why what was written is not whole.
 * Rejects with UsageError.
 */
export async function openOutputFile(
  file: string,
  onLost: (why: string) => void,
): Promise<OutputFile> {
  const isNew = !existsSync(file)
  const isPacked = file.endsWith('.gz')
  const { handle, isPlain } = await opened(file)
  let wrote = false
  let lost = false
  // One after the other: a handle does not put its writes in order.
  let last = Promise.resolve()
  return {
    write: content => {
      if (content === '') return
      if (!wrote && isPlain) ftruncateSync(handle.fd)
      wrote = true
      last = last.then(async () => {
        for (const part of isWhole(content) ? [content] : inChunks(content)) {
          // Members of gzip in a row are one file of gzip.
          if (!lost) await handle.appendFile(isPacked ? gzipSync(part) : part)
        }
      })
      last = last.catch(error => {
        lost = true
        onLost((error as Error).message)
      })
    },
    close: async () => {
      await last
      await handle.close().catch(() => undefined)
      if (isNew && !wrote) await rm(file, { force: true })
    },
  }
}

function isWhole(content: string | Uint8Array | Iterable<string>): content is string | Uint8Array {
  return typeof content === 'string' || content instanceof Uint8Array
}

/** A result is a short text; a write should be worth its while. */
const chunkChars = 256 * 1024

export function* inChunks(parts: Iterable<string>): Generator<string> {
  let chunk = ''
  for (const part of parts) {
    chunk += part
    if (chunk.length < chunkChars) continue
    yield chunk
    chunk = ''
  }
  if (chunk !== '') yield chunk
}

async function opened(file: string) {
  try {
    await makeFolder(path.resolve(path.dirname(file)))
    // Appending neither empties a file nor needs to seek in a pipe.
    const handle = await open(file, 'a')
    try {
      return { handle, isPlain: (await handle.stat()).isFile() }
    } catch (error) {
      await handle.close()
      throw error
    }
  } catch (error) {
    throw new UsageError(`cannot write the report ${file}: ${(error as Error).message}`)
  }
}

/** Node's own recursive mkdir never ends where a parent cannot be made, as in /proc. */
async function makeFolder(folder: string): Promise<void> {
  if (existsSync(folder)) return
  await makeFolder(path.dirname(folder))
  await mkdir(folder)
}
