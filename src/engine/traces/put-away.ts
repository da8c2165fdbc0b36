import { randomBytes } from 'node:crypto'
import { closeSync, openSync, readSync, rmSync, writeSync } from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { deserialize, serialize } from 'node:v8'
import type { CaseResult } from '../../model/report.ts'
import type { TraceEvent } from '../../model/trace.ts'
import { owner } from '../../targets/guard/owner.ts'

/**
 * So many events stay in memory, some 40 MB: those of a suite or two, which then need no file at all. Writing one down takes as long as
 * judging it.
 */
const inMemoryMax = 80_000

/**
 * Where the traces of cases that are over wait for the reports: a file without a name, from which each is read anew whenever somebody
 * asks for it. So what a run holds does not grow with its cases. Where no file can be made, or it is full, traces stay in memory.
 */
export class PutAway {
  private file: TraceFile | undefined
  private inMemory = 0
  private readonly inMemoryMax: number

  /** @param most So many events stay in memory. */
  constructor(most = inMemoryMax) {
    this.inMemoryMax = most
  }

  /** The result, whose traces are read when they are asked for. */
  result(result: CaseResult): CaseResult {
    const { first } = result
    if (first) this.trace(first)
    return this.trace(result)
  }

  private trace<T extends { trace: TraceEvent[] }>(holder: T): T {
    const { trace } = holder
    if (this.inMemory + trace.length <= this.inMemoryMax) {
      this.inMemory += trace.length
      return holder
    }
    this.file ??= new TraceFile()
    const read = this.file.write(trace)
    return read
      ? Object.defineProperty(holder, 'trace', { get: read, enumerable: true, configurable: true })
      : holder
  }
}

/** Open as long as somebody may read of it. */
class TraceFile {
  private readonly fd: number | undefined
  private end = 0

  constructor() {
    this.fd = openNameless()
    if (this.fd !== undefined) closing.register(this, this.fd)
  }

  /** How to read it again; nothing where it could not be written. */
  write(trace: TraceEvent[]): (() => TraceEvent[]) | undefined {
    if (this.fd === undefined) return undefined
    const bytes = serialize(trace)
    const from = this.end
    try {
      for (let at = 0; at < bytes.length; )
        at += writeSync(this.fd, bytes, at, bytes.length - at, from + at)
    } catch {
      return undefined
    }
    this.end += bytes.length
    return () => this.read(from, bytes.length)
  }

  private read(from: number, length: number): TraceEvent[] {
    const bytes = Buffer.allocUnsafe(length)
    for (let at = 0; at < length; ) {
      const count = readSync(this.fd as number, bytes, at, length - at, from + at)
      if (count === 0) throw new RangeError('the file of traces ends too early')
      at += count
    }
    return deserialize(bytes)
  }
}

/** Nobody can read of it any more. */
const closing = new FinalizationRegistry<number>(fd => closeSync(fd))

function openNameless(): number | undefined {
  const file = path.join(os.tmpdir(), `mqttspec-traces-${owner}-${randomBytes(6).toString('hex')}`)
  try {
    const fd = openSync(file, 'wx+', 0o600)
    // Its name is gone at once, so nothing is left however we end; where it stays, it is the next run that takes it away.
    rmSync(file, { force: true, maxRetries: 0 })
    return fd
  } catch {
    return undefined
  }
}
