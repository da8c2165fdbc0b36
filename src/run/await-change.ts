import { type FSWatcher, watch } from 'node:fs'
import path from 'node:path'
import { setTimeout as passed } from 'node:timers/promises'
import { scaled } from '../engine/waiting/budgets.ts'
import { fromHex } from '../model/text/hex.ts'
import { openTarget, type TargetWish } from '../targets/index.ts'
import type { BrokerTarget, Target } from '../targets/target.ts'
import { TargetError } from '../targets/target-error.ts'

/** An editor may write a file in several strokes: so long nothing more must come. */
const settledMs = 100

/** How long between two tries to reach a target that is down. */
const retryMs = 500
const connectMs = 5000

/** CONNECT of 3.1.1 with a fresh session, no keep-alive and the client id `mqttspec-watch`: it may stay for hours. */
const connect = fromHex(`
  10 1a 00 04 4d 51 54 54 04 02 00 00
  00 0e 6d 71 74 74 73 70 65 63 2d 77 61 74 63 68
`)

/** Waits until one of these suite files, or one in these folders, is edited, and says which. Rejects when `signal` aborts. */
export async function awaitEdit(files: readonly string[], signal: AbortSignal): Promise<string> {
  const watchers: FSWatcher[] = []
  let settling: NodeJS.Timeout | undefined
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
          if (isFile && name !== path.basename(file)) return
          clearTimeout(settling)
          settling = setTimeout(() => resolve(`${name} was edited`), settledMs)
        })
        watcher.on('error', reject)
        watchers.push(watcher)
      }
    })
  } finally {
    clearTimeout(settling)
    for (const watcher of watchers) watcher.close()
  }
}

/**
 * Waits until a broker that somebody else runs was restarted, and says so: it ends the connection that we hold and answers again. One that
 * is down already need only answer again. Rejects when `signal` aborts.
 */
export async function awaitRestart(
  wish: TargetWish,
  signal: AbortSignal,
  /** From here on no restart is missed. */
  onReady: () => void,
): Promise<string> {
  const target = await opened(wish)
  if (target === undefined) {
    onReady()
    return `${(await answering(wish, signal)).name} answers again`
  }
  // What ends before it was up is no restart: it may be that the broker takes no such client.
  if (target.role !== 'broker' || !(await held(target, signal, onReady))) {
    onReady()
    return never(signal)
  }
  return `${(await answering(wish, signal)).name} was restarted`
}

/** The target, or nothing where it does not answer. It runs elsewhere: there is nothing to stop. */
async function opened(wish: TargetWish): Promise<Target | undefined> {
  try {
    return await openTarget(wish, scaled({}, 1))
  } catch (error) {
    if (error instanceof TargetError) return undefined
    throw error
  }
}

async function answering(wish: TargetWish, signal: AbortSignal): Promise<Target> {
  for (;;) {
    const target = await opened(wish)
    if (target) return target
    await passed(retryMs, undefined, { signal })
  }
}

/** Holds a connection until it ends. False where it was not accepted at all. */
async function held(
  target: BrokerTarget,
  signal: AbortSignal,
  onReady: () => void,
): Promise<boolean> {
  const socket = await target.dial(connectMs)
  return new Promise((resolve, reject) => {
    let accepted = false
    const giveUp = () => {
      socket.destroy()
      reject(signal.reason)
    }
    if (signal.aborted) return giveUp()
    signal.addEventListener('abort', giveUp, { once: true })
    socket.on('data', (bytes: Buffer) => {
      if (bytes[0] !== 0x20 || bytes[3] !== 0) return
      accepted = true
      onReady()
    })
    socket.on('error', () => undefined)
    socket.on('close', () => {
      signal.removeEventListener('abort', giveUp)
      resolve(accepted)
    })
    socket.write(connect)
    // A stream that was dialled waits for whoever reads it.
    socket.resume()
  })
}

function never(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    if (signal.aborted) reject(signal.reason)
    else signal.addEventListener('abort', () => reject(signal.reason), { once: true })
  })
}
