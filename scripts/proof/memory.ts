import { execFileSync } from 'node:child_process'
import { appendFileSync, existsSync, readFileSync } from 'node:fs'
import type { Memory } from './pool.ts'
import type { Trial } from './trial.ts'
import type { Task } from './worker.ts'

/** A trial that was kept, and of which state of the project it is. */
export type Kept = { task: Task; trial: Trial; state?: string }

/**
 * Trials in a file, one a line, so that a proof that was broken off goes on where it was. What came to no end, as where the machine had
 * too much to do, is tried again.
 */
export function memoryIn(file: string): Memory {
  const ended = keptIn(file).filter(({ trial }) => trial.problem === undefined)
  const known = new Map(ended.map(({ task, trial }) => [keyOf(task), trial]))
  const state = stateOfProject()
  return {
    find: task => known.get(keyOf(task)),
    keep: (task, trial) => appendFileSync(file, `${JSON.stringify({ task, trial, state })}\n`),
  }
}

/** All that such a file holds; of trials of one thing the last. */
export function keptIn(file: string): Kept[] {
  const lines = existsSync(file) ? readFileSync(file, 'utf8').trim().split('\n') : []
  const kept = lines.filter(line => line !== '').map(line => JSON.parse(line) as Kept)
  return [...new Map(kept.map(one => [keyOf(one.task), one])).values()]
}

/** What is tried, however it is gone about. */
function keyOf(task: Task): string {
  return JSON.stringify([task.kind, task.name, task.kind === 'scenarios' ? task.scenarios : []])
}

/** The commit that is checked out. */
function stateOfProject(): string {
  try {
    return execFileSync('git', ['rev-parse', '--short', 'HEAD'], { encoding: 'utf8' }).trim()
  } catch {
    return 'unknown'
  }
}
