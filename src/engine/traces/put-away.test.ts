import { readdirSync, readlinkSync } from 'node:fs'
import { mkdtemp, readdir, rm } from 'node:fs/promises'
import os from 'node:os'
import path from 'node:path'
import t, { type Test } from 'tap'
import type { CaseResult } from '../../model/report.ts'
import type { TraceEvent } from '../../model/trace.ts'
import { PutAway } from './put-away.ts'

/** A trace of that many events, with bytes and with what JSON does not have. */
function traceOf(events: number): TraceEvent[] {
  return Array.from({ length: events }, (_, seq) => ({
    kind: 'bytes',
    seq,
    at: seq / 7,
    connection: 1,
    actor: 'sub',
    from: 'target',
    bytes: Uint8Array.of(seq & 0xff, 0, 255),
    why: 'raw',
  }))
}

function resultOf(trace: TraceEvent[], first?: TraceEvent[]): CaseResult {
  const result = { id: 'a/b', verdict: 'pass', findings: [], trace }
  return { ...result, ...(first ? { first: { trace: first } } : {}) } as unknown as CaseResult
}

/** A folder for temporary files of its own. */
async function elsewhere(t: Test): Promise<string> {
  const folder = await mkdtemp(path.join(os.tmpdir(), 'put-away-'))
  const before = process.env.TMPDIR
  process.env.TMPDIR = folder
  t.teardown(async () => {
    if (before === undefined) delete process.env.TMPDIR
    else process.env.TMPDIR = before
    await rm(folder, { recursive: true, force: true })
  })
  return folder
}

/** Whether this process has a file open there, whatever became of its name. */
function isOpenIn(folder: string): boolean {
  return readdirSync('/proc/self/fd').some(fd => {
    try {
      return readlinkSync(`/proc/self/fd/${fd}`).startsWith(folder)
    } catch {
      return false
    }
  })
}

t.test('traces are read again as they were, and no file is to be seen meanwhile', async t => {
  const folder = await elsewhere(t)
  const away = new PutAway(20_000)
  const some = Array.from({ length: 40 }, (_, index) => traceOf(1000 + index))
  const results = some.map(trace => away.result(resultOf(trace, trace.slice(0, 3))))
  if (process.platform === 'linux') t.ok(isOpenIn(folder), 'they are in a file')
  t.same(await readdir(folder), [], 'which has no name')
  for (const [index, { trace, first }] of results.entries()) {
    t.same(trace, some[index])
    t.same(first?.trace, some[index]?.slice(0, 3))
  }
  t.not(results[39]?.trace, results[39]?.trace, 'nothing of it stays in memory')
  t.same({ ...results[39] }.trace, some[39], 'a copy has it too')
})

t.test('a small run needs no file', async t => {
  const folder = await elsewhere(t)
  const trace = traceOf(100)
  t.equal(new PutAway().result(resultOf(trace)).trace, trace)
  if (process.platform === 'linux') t.notOk(isOpenIn(folder))
})

t.test('where no file can be made they stay in memory', async t => {
  const folder = await elsewhere(t)
  await rm(folder, { recursive: true })
  const away = new PutAway(20_000)
  const trace = traceOf(30_000)
  t.equal(away.result(resultOf(trace)).trace, trace)
})
