import { type ChildProcess, fork } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { emptyTrial, type Trial } from './trial.ts'
import type { Answer, Task } from './worker.ts'

const workerFile = fileURLToPath(new URL('./worker.ts', import.meta.url))

/** Longer than any trial may take: a process that is silent for so long is stuck. */
const taskMaxMs = 300_000

export type Pool = {
  /** Performs all tasks side by side; results in the order of the tasks. */
  perform(tasks: readonly Task[], options?: Performing): Promise<Trial[]>
  /** How many processes it was opened for. */
  readonly size: number
  close(): void
}

/** `lanes`: how many side by side; by default as many as the pool has processes. */
export type Performing = { onDone?: (trial: Trial, done: number) => void; lanes?: number }

/** Trials of an earlier run that was broken off. */
export type Memory = {
  find(task: Task): Trial | undefined
  keep(task: Task, trial: Trial): void
}

/** Processes that perform tasks. They load the suites once, at their first task. */
export function openPool(size: number, memory?: Memory): Pool {
  const idle: ChildProcess[] = []
  const all = new Set<ChildProcess>()

  const take = async (): Promise<ChildProcess> => {
    const ready = idle.pop()
    if (ready) return ready
    const child = fork(workerFile, {
      execArgv: ['--import=tsx'],
      stdio: ['ignore', 2, 'pipe', 'ipc'],
    })
    all.add(child)
    child.once('exit', () => all.delete(child))
    let said = ''
    child.stderr?.on('data', chunk => {
      said = (said + chunk).slice(-4000)
    })
    await new Promise<void>((resolve, reject) => {
      child.once('message', () => resolve())
      child.once('exit', () => reject(new Error(`a worker of the proof did not start:\n${said}`)))
    })
    return child
  }

  const one = async (task: Task): Promise<Trial> => {
    const known = memory?.find(task)
    if (known) return known
    const child = await take()
    const trial = await answerOf(child, task)
    // One that was killed looks connected until its end is told.
    if (child.connected && !child.killed) idle.push(child)
    memory?.keep(task, trial)
    return trial
  }

  return {
    size,
    perform: async (tasks, { onDone, lanes = size } = {}) => {
      const results: Trial[] = []
      let next = 0
      let done = 0
      const lane = async () => {
        while (next < tasks.length) {
          const index = next++
          const trial = await one(tasks[index]!)
          results[index] = trial
          onDone?.(trial, ++done)
        }
      }
      await Promise.all(Array.from({ length: Math.min(lanes, tasks.length) }, lane))
      return results
    },
    close: () => {
      for (const child of all) child.disconnect()
    },
  }
}

/** The trial, or what became of the process instead. */
function answerOf(child: ChildProcess, task: Task): Promise<Trial> {
  const began = performance.now()
  return new Promise(resolve => {
    let said = ''
    const listen = (chunk: Buffer) => {
      said = (said + chunk.toString()).slice(-2000)
    }
    const done = (trial: Trial) => {
      clearTimeout(timer)
      child.off('message', heard)
      child.off('exit', died)
      child.stderr?.off('data', listen)
      resolve(trial)
    }
    const broken = (problem: string): Trial => {
      const tookMs = Math.round(performance.now() - began)
      return { ...emptyTrial(task.name), problem, tookMs }
    }
    const heard = (answer: Answer) => done(answer.trial)
    const died = () => done(broken(`the process of the peer ended:\n${said}`))
    const timer = setTimeout(() => {
      child.kill('SIGKILL')
      done(broken(`no end after ${taskMaxMs / 1000} s`))
    }, taskMaxMs)
    child.on('message', heard)
    child.once('exit', died)
    child.stderr?.on('data', listen)
    child.send(task)
  })
}
