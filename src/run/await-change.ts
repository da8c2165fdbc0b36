import { type FSWatcher, watch } from 'node:fs'
import path from 'node:path'
import { setTimeout as passed } from 'node:timers/promises'
import { scaled } from '../engine/waiting/budgets.ts'
import { fromHex } from '../model/hex.ts'
import { openTarget, type TargetWish } from '../targets/index.ts'
import type { BrokerTarget } from '../targets/target.ts'

/** How long between two tries to reach a target that is down. */
const retryMs = 500

/** CONNECT of 3.1.1 with a fresh session, no keep-alive and the client id `mqttspec-watch`: it may stay for hours. */
const connect = fromHex(`
  10 1a 00 04 4d 51 54 54 04 02 00 00
  00 0e 6d 71 74 74 73 70 65 63 2d 77 61 74 63 68
`)

export type Watched = {
  /** Suite files and folders. */
  files: readonly string[]
  /** A broker that somebody else runs and may restart. */
  broker?: TargetWish | undefined
}

/**
 * Waits until a suite is edited or the target was restarted, and says which. A broker that was restarted ends the connection that we hold
 * and answers again. Rejects when `signal` aborts.
 */
export async function awaitChange(watched: Watched, signal: AbortSignal): Promise<string> {
  const over = new AbortController()
  const either = AbortSignal.any([signal, over.signal])
  try {
    const ways = [editedOf(watched.files, either)]
    if (watched.broker !== undefined) ways.push(restarted(watched.broker, either))
    return await Promise.race(ways)
  } finally {
    over.abort()
  }
}

async function editedOf(files: readonly string[], signal: AbortSignal): Promise<string> {
  const watchers: FSWatcher[] = []
  try {
    return await new Promise<string>((resolve, reject) => {
      const giveUp = () => reject(signal.reason)
      if (signal.aborted) return giveUp()
      signal.addEventListener('abort', giveUp, { once: true })
      for (const file of files) {
        // The folder, since an editor puts a new file in the place of the old.
        const isFile = /\.ya?ml$/.test(file)
        const folder = isFile ? path.dirname(file) : file
        const watcher = watch(folder, { recursive: !isFile }, (_, name) => {
          if (name === null || !/\.ya?ml$/.test(name)) return
          if (!isFile || name === path.basename(file)) resolve(`${name} was edited`)
        })
        watcher.on('error', reject)
        watchers.push(watcher)
      }
    })
  } finally {
    for (const watcher of watchers) watcher.close()
  }
}

async function restarted(wish: TargetWish, signal: AbortSignal): Promise<string> {
  const target = await openTarget(wish, scaled({}, 1))
  if (target.role !== 'broker') {
    await target.stop()
    return never(signal)
  }
  try {
    // What ends before it was up is no restart: it may be that the broker takes no such client.
    if (!(await held(target, signal))) return await never(signal)
    while (!(await canBeReached(target))) await passed(retryMs, undefined, { signal })
    return `${target.name} was restarted`
  } finally {
    await target.stop()
  }
}

/** Holds a connection until it ends. False where it was not accepted at all. */
async function held(target: BrokerTarget, signal: AbortSignal): Promise<boolean> {
  const socket = await target.dial(5000)
  return new Promise((resolve, reject) => {
    let accepted = false
    const giveUp = () => {
      socket.destroy()
      reject(signal.reason)
    }
    if (signal.aborted) return giveUp()
    signal.addEventListener('abort', giveUp, { once: true })
    socket.on('data', (bytes: Buffer) => {
      if (bytes[0] === 0x20 && bytes[3] === 0) accepted = true
    })
    socket.on('error', () => undefined)
    socket.on('close', () => {
      signal.removeEventListener('abort', giveUp)
      resolve(accepted)
    })
    socket.write(connect)
  })
}

async function canBeReached(target: BrokerTarget): Promise<boolean> {
  try {
    const socket = await target.dial(5000)
    socket.destroy()
    return true
  } catch {
    return false
  }
}

function never(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    if (signal.aborted) reject(signal.reason)
    else signal.addEventListener('abort', () => reject(signal.reason), { once: true })
  })
}
