import { constants, existsSync, ftruncateSync, openSync } from 'node:fs'
import { mkdir, open, rm, stat } from 'node:fs/promises'
import { Socket } from 'node:net'
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
 * `pipeMs`: so long whoever reads a pipe may take for a part. Rejects with UsageError.
 */
export async function openOutputFile(
  file: string,
  onLost: (why: string) => void,
  { pipeMs = 10_000 } = {},
): Promise<OutputFile> {
  const isNew = !existsSync(file)
  const isPacked = file.endsWith('.gz')
  const output = await opened(file, pipeMs)
  let wrote = false
  let lost = false
  // One after the other: a handle does not put its writes in order.
  let last = Promise.resolve()
  return {
    write: content => {
      if (content === '') return
      if (!wrote) output.empty()
      wrote = true
      last = last.then(async () => {
        for (const part of isWhole(content) ? [content] : inChunks(content)) {
          // Members of gzip in a row are one file of gzip.
          if (!lost) await output.append(isPacked ? gzipSync(part) : part)
        }
      })
      last = last.catch(error => {
        lost = true
        onLost((error as Error).message)
      })
    },
    close: async () => {
      await last
      await output.close().catch(() => undefined)
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

type Opened = {
  append(bytes: string | Uint8Array): Promise<void>
  /** Throws away what is in it; nothing where there is nothing to throw away. */
  empty(): void
  close(): Promise<void>
}

async function opened(file: string, pipeMs: number): Promise<Opened> {
  try {
    await makeFolder(path.resolve(path.dirname(file)))
    const known = await stat(file).catch(() => undefined)
    return known?.isFIFO() ? openPipe(file, pipeMs) : await openFile(file)
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException
    const why = code === 'ENXIO' ? 'it is a pipe (FIFO), and nobody reads it' : message
    throw new UsageError(`cannot write the report ${file}: ${why}`)
  }
}

async function openFile(file: string): Promise<Opened> {
  // Appending neither empties a file nor needs to seek.
  const handle = await open(file, 'a')
  try {
    const isPlain = (await handle.stat()).isFile()
    return {
      append: bytes => handle.appendFile(bytes),
      empty: () => {
        if (isPlain) ftruncateSync(handle.fd)
      },
      close: () => handle.close(),
    }
  } catch (error) {
    await handle.close()
    throw error
  }
}

/**
 * A pipe is opened only where somebody reads it, and never holds us: a write to it that nobody takes cannot be called off, nor can a
 * process end with one under way, unless the pipe is polled as a socket is.
 */
function openPipe(file: string, pipeMs: number): Opened {
  const fd = openSync(file, constants.O_WRONLY | constants.O_NONBLOCK)
  const pipe = new Socket({ fd, readable: false, writable: true })
  // Each write tells of it, too.
  pipe.on('error', () => undefined)
  return {
    append: bytes =>
      new Promise((resolve, reject) => {
        const late = setTimeout(() => {
          pipe.destroy()
          reject(new Error(`nobody read it for ${pipeMs / 1000} s`))
        }, pipeMs)
        pipe.write(bytes, error => {
          clearTimeout(late)
          if (error) reject(error)
          else resolve()
        })
      }),
    empty: () => undefined,
    close: async () => void pipe.end(),
  }
}

/** Node's own recursive mkdir never ends where a parent cannot be made, as in /proc. */
async function makeFolder(folder: string): Promise<void> {
  if (existsSync(folder)) return
  await makeFolder(path.dirname(folder))
  await mkdir(folder)
}
