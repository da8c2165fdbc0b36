import { fork } from 'node:child_process'
import { writeFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import { readKnownIssues } from '../../src/cli/known-issues.ts'
import type { RunReport } from '../../src/model/report.ts'
import { json } from '../../src/reporters/json.ts'
import { defaultOptions } from '../../src/reporters/reporter.ts'
import { run } from '../../src/run/run.ts'
import { type Observation, observe } from './compare.ts'

/** One run of the suites and the setting it is made in. */
export type Task = {
  suites: string[]
  target: string
  jobs: number
  timeoutScale: number
  knownIssues?: string
  /** A file for the whole report: the ladders of what differs. */
  keep?: string
}

export type Answer = {
  observation: Observation
  summary: RunReport['summary']
  durationMs: number
}

/** Performs a run in a process of its own, which ends with this one. Rejects with what it said where it ends without an answer. */
export function runApart(task: Task): Promise<Answer> {
  const child = fork(fileURLToPath(import.meta.url), {
    execArgv: ['--import=tsx'],
    serialization: 'advanced',
    stdio: ['ignore', 2, 'pipe', 'ipc'],
  })
  let said = ''
  child.stderr?.on('data', chunk => {
    said = (said + chunk).slice(-4000)
  })
  return new Promise((resolve, reject) => {
    let answer: Answer | undefined
    child.on('message', message => {
      answer = message as Answer
    })
    child.once('error', reject)
    child.once('close', code => {
      if (answer) resolve(answer)
      else reject(new Error(`a run ended with exit code ${code} and no result:\n${said}`))
    })
    child.send(task)
  })
}

/** The other side: one task, one answer. */
if (process.send && process.argv[1] === fileURLToPath(import.meta.url)) {
  process.once('disconnect', () => process.exit())
  process.once('message', async message => {
    const { knownIssues: file, keep, ...options } = message as Task
    const knownIssues = file === undefined ? undefined : await readKnownIssues(file)
    const report = await run({ ...options, ...(knownIssues ? { knownIssues } : {}) })
    if (keep) await writeFile(keep, json(defaultOptions).end(report))
    const { summary, durationMs } = report
    const setting = `jobs ${options.jobs}, scale ${options.timeoutScale}`
    const answer: Answer = { observation: observe(report, setting), summary, durationMs }
    process.send?.(answer, () => process.disconnect())
  })
}
