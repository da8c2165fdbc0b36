import { randomBytes } from 'node:crypto'
import { mkdir, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { type FaultKind, faultKinds } from '../../explore/fault.ts'
import type { RunReport } from '../../model/report.ts'
import { nearest } from '../../model/schema/near.ts'
import type { Version } from '../../model/version.ts'
import type { Traces } from '../../reporters/reporter.ts'
import { canaryNamed } from '../../run/explore/canary-result.ts'
import { explore, type Progress } from '../../run/explore/explore.ts'
import { UsageError } from '../../run/usage-error.ts'
import { shownWish } from '../../targets/index.ts'
import { exploreInWorkers } from '../explore-workers.ts'
import { hearInterrupts, tellWhenInterrupted } from '../interrupts.ts'
import type { Io } from '../io.ts'
import { openOutputs } from '../outputs.ts'
import { sharedSeed } from '../shared-seed.ts'

type Options = {
  target?: string
  mqtt?: Version[]
  faults?: string
  depth?: number
  budget?: number
  schedules?: number
  corpus?: string
  seed?: number
  shard?: { index: number; count: number }
  lanes?: number
  workers?: number
  replay?: string
  scenarios?: string
  reporter?: string[]
  trace?: Traces
  canary?: string
  long?: boolean
  bail?: boolean
  strict?: boolean
  timeoutScale?: number
  verbose?: boolean
}

/** `mqttspec explore`. Ctrl-C ends the search, and what it found is reported. Returns the exit code. */
export async function exploreCommand(words: string[], asked: Options, io: Io): Promise<number> {
  const shard = asked.shard ?? shardOfJob(io)
  const options = shard ? { seed: sharedSeed(io.env), ...asked } : asked
  const interrupts = hearInterrupts(io)
  const outputs = await openOutputs(options.reporter ?? [], {
    io,
    verbose: options.verbose ?? false,
    traces: options.trace,
    onAlone: () => interrupts.interrupt(),
  })
  const live = liveLine(io)
  tellWhenInterrupted(interrupts.signal, io)
  try {
    const one = options.workers !== undefined && options.workers > 1
    if (one && (options.canary !== undefined || options.long)) {
      const what = options.long ? 'a long search is made' : 'a canary is searched for'
      throw new UsageError(`${what} by one process: without --workers`)
    }
    const report = one
      ? await exploreInWorkers({
          workers: options.workers ?? 1,
          words: workerWords(words, options),
          seed: options.seed ?? randomBytes(4).readUInt32BE(),
          shard,
          signal: interrupts.signal,
        })
      : await explore({
          flows: words,
          ...(options.target === undefined ? {} : { target: options.target }),
          ...(options.mqtt ? { mqtt: options.mqtt } : {}),
          ...(options.faults === undefined ? {} : { faults: parseFaults(options.faults) }),
          ...(options.depth === undefined ? {} : { depth: options.depth }),
          ...(options.budget === undefined ? {} : { budgetMs: options.budget * 1000 }),
          ...(options.schedules === undefined ? {} : { schedules: options.schedules }),
          ...(options.corpus === undefined ? {} : { corpus: options.corpus }),
          ...(options.seed === undefined ? {} : { seed: options.seed }),
          ...(shard ? { shard } : {}),
          ...(options.lanes === undefined ? {} : { lanes: options.lanes }),
          ...(options.replay === undefined ? {} : { replay: options.replay }),
          ...(options.timeoutScale === undefined ? {} : { timeoutScale: options.timeoutScale }),
          ...(options.canary === undefined ? {} : { canary: canaryNamed(options.canary) }),
          long: options.long ?? false,
          bail: options.bail ?? false,
          strict: options.strict ?? false,
          replayWith: options.target === undefined ? '' : `--target ${shownWish(options.target)}`,
          signal: interrupts.signal,
          onProgress: live.show,
        })
    live.clear()
    if (options.scenarios !== undefined) await writeScenarios(options.scenarios, report)
    outputs.begin({
      mqttspec: report.mqttspec,
      seed: report.seed,
      target: report.target,
      cases: report.results.map(({ id, suite }) => ({ id, suite })),
    })
    for (const result of report.results) outputs.caseDone(result)
    return await outputs.finish(report)
  } finally {
    live.clear()
    interrupts.stop()
    await outputs.close()
  }
}

/** One suite file for each defect: `explored-qos2-publish-4711-0-3-1.yaml`. */
async function writeScenarios(folder: string, { explored }: RunReport): Promise<void> {
  await mkdir(folder, { recursive: true })
  for (const { id, text } of explored?.scenarios ?? []) {
    await writeFile(path.join(folder, `${id.replace(/[/:]/g, '-')}.yaml`), text)
  }
}

/** The command line of a worker, without its part, its seed and its report. */
function workerWords(words: string[], options: Options): string[] {
  const { target, mqtt, faults, depth, budget, schedules, corpus, lanes, timeoutScale } = options
  const { workers = 1 } = options
  const given: [string, string | number | undefined][] = [
    ['--target', target],
    ['--mqtt', mqtt?.join(',')],
    ['--faults', faults],
    ['--depth', depth],
    ['--budget', budget],
    ['--schedules', schedules === undefined ? undefined : Math.ceil(schedules / workers)],
    ['--corpus', corpus],
    ['--lanes', lanes],
    ['--timeout-scale', timeoutScale],
  ]
  const said = given.flatMap(([name, value]) => (value === undefined ? [] : [name, String(value)]))
  return ['explore', ...words, ...said, ...(options.strict ? ['--strict'] : [])]
}

/** Part I of N as a Kubernetes Indexed Job tells it, counted from 0 there. */
function shardOfJob({ env }: Io): { index: number; count: number } | undefined {
  const index = Number(env.JOB_COMPLETION_INDEX)
  const count = Number(env.MQTTSPEC_SHARDS)
  if (env.JOB_COMPLETION_INDEX === undefined || env.JOB_COMPLETION_INDEX === '') return undefined
  if (!Number.isInteger(count) || count < 1) {
    throw new UsageError('JOB_COMPLETION_INDEX is set: MQTTSPEC_SHARDS has to say of how many')
  }
  if (!Number.isInteger(index) || index < 0 || index >= count) {
    throw new UsageError(`JOB_COMPLETION_INDEX is ${env.JOB_COMPLETION_INDEX}, of ${count} parts`)
  }
  return { index: index + 1, count }
}

function parseFaults(text: string): FaultKind[] {
  return text.split(',').map(part => {
    const word = part.trim()
    if (Object.hasOwn(faultKinds, word)) return word as FaultKind
    const names = Object.keys(faultKinds)
    const near = nearest(word, names)
    const hint = near === undefined ? '' : `; did you mean "${near}"?`
    throw new UsageError(`no fault is called "${word}"${hint}\none of: ${names.join(', ')}`)
  })
}

const redrawMs = 100

/** One line that is drawn over again, in a terminal only. */
function liveLine({ stderr }: Io): { show(progress: Progress): void; clear(): void } {
  if (!stderr.isTTY) return { show: () => undefined, clear: () => undefined }
  let drawn = 0
  let shown = false
  return {
    show(progress) {
      const now = performance.now()
      if (now - drawn < redrawMs) return
      drawn = now
      shown = true
      stderr.write(`\r\u001b[K${lineOf(progress)}`)
    },
    clear() {
      if (shown) stderr.write('\r\u001b[K')
      shown = false
    },
  }
}

function lineOf({ schedules, perSecond, stage, edges, defects }: Progress): string {
  const found = `${defects} distinct failure${defects === 1 ? '' : 's'}`
  return `${schedules} schedules, ${perSecond}/s, ${stage}; ${edges} edges reached, ${found}`
}
