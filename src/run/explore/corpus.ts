import { closeSync, openSync, writeSync } from 'node:fs'
import { mkdir, readdir, readFile } from 'node:fs/promises'
import path from 'node:path'
import { createTried, failedLine, firstLine, passedLine, type Tried } from '../../explore/tried.ts'
import { UsageError } from '../usage-error.ts'

/** A folder in which searches write down what they tried, one file for each search and part. */
export type Corpus = Tried & {
  /** Schedules that earlier searches tried. */
  readonly count: number
  passed(...line: Parameters<typeof passedLine>): void
  failed(...line: Parameters<typeof failedLine>): void
  close(): void
}

/** So much is written at once. */
const chunkCharacters = 16 * 1024

/** Reads what is there and begins a file of its own. Rejects with UsageError where the folder is of another target. */
export async function openCorpus(folder: string, target: string, part: string): Promise<Corpus> {
  await mkdir(folder, { recursive: true }).catch(error => {
    throw new UsageError(`${folder} cannot be made: ${error.message}`)
  })
  const tried = createTried(target)
  const files = (await readdir(folder)).filter(name => name.endsWith('.tried')).sort()
  for (const name of files) {
    const file = path.join(folder, name)
    const why = tried.read(await readFile(file, 'utf8'))
    if (why !== undefined) throw new UsageError(`${file}: ${why}`)
  }
  const numbers = files.map(name => Number(/^\d+/.exec(name)?.[0] ?? 0))
  const next = String(Math.max(0, ...numbers) + 1).padStart(4, '0')
  const fd = openNew(path.join(folder, `${next}-${part}.tried`))
  let waiting = firstLine(target)
  const flush = () => {
    writeSync(fd, waiting)
    waiting = ''
  }
  flush()
  const write = (line: string) => {
    waiting += line
    if (waiting.length > chunkCharacters) flush()
  }
  return {
    has: tried.has,
    behind: tried.behind,
    count: tried.count,
    passed: (...line) => write(passedLine(...line)),
    // What failed is known even where this process is killed.
    failed: (...line) => {
      write(failedLine(...line))
      flush()
    },
    close() {
      flush()
      closeSync(fd)
    },
  }
}

function openNew(file: string): number {
  try {
    return openSync(file, 'wx')
  } catch (error) {
    throw new UsageError(`${file} cannot be written: ${(error as Error).message}`)
  }
}
