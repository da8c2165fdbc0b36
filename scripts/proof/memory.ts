import { appendFileSync, existsSync, readFileSync } from 'node:fs'
import type { Memory } from './pool.ts'
import type { Trial } from './trial.ts'
import type { Task } from './worker.ts'

/** Trials in a file, one a line, so that a proof that was broken off goes on where it was. */
export function memoryIn(file: string): Memory {
  const lines = existsSync(file) ? readFileSync(file, 'utf8').trim().split('\n') : []
  const known = new Map(
    lines
      .filter(line => line !== '')
      .map(line => JSON.parse(line) as { task: Task; trial: Trial })
      .map(({ task, trial }) => [JSON.stringify(task), trial]),
  )
  return {
    find: task => known.get(JSON.stringify(task)),
    keep: (task, trial) => appendFileSync(file, `${JSON.stringify({ task, trial })}\n`),
  }
}
