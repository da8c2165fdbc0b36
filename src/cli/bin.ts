#!/usr/bin/env node
import { sparesDescriptors } from './few-descriptors.ts'
import { hearInterrupts } from './interrupts.ts'
import { processIo } from './io.ts'

/*
 * Only what decides where to go is loaded here: `--version` costs hardly more than Node itself.
 */
sparesDescriptors()
const [first] = process.argv.slice(2)
if (['run', 'listen', 'explore', 'audit', 'watch'].includes(first ?? '')) hearInterrupts(processIo)

// Whoever reads our output may have seen enough: `mqttspec list statements | head`. A run listens, too, and goes on for its reports.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (process.stdout.listenerCount('error') > 1) return
  if (error.code !== 'EPIPE') process.stderr.write(`mqttspec: stdout: ${error.message}\n`)
  process.exit(error.code === 'EPIPE' ? 0 : 2)
})
// Where messages cannot be written there is nobody to tell so.
process.stderr.on('error', () => undefined)

/** Loads a part of us, which takes many files: a machine that lets us open few is no bug of ours. */
async function load<T>(part: Promise<T>): Promise<T> {
  try {
    return await part
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException
    if (!/^E[A-Z]+$/.test(code ?? '')) throw error
    const help = /^E[MN]FILE$/.test(code ?? '')
      ? 'raise the limit of open files (ulimit -n 256)'
      : 'check the files of the package, or install it anew'
    process.stderr.write(`mqttspec: cannot load itself: ${message}; ${help}\n`)
    process.exit(3)
  }
}

/** Resolves when what was written so far has left, or cannot. */
function drained(stream: NodeJS.WriteStream): Promise<void> {
  return new Promise(resolve => {
    stream.once('error', () => resolve())
    stream.write('', () => resolve())
  })
}

if (first === '--version' || first === '-V') {
  const { version } = await load(import('../run/version.ts'))
  process.stdout.write(`${version}\n`)
} else {
  const { main } = await load(import('./main.ts'))
  const exitCode = await main(process.argv.slice(2))
  await Promise.all([drained(process.stdout), drained(process.stderr)])
  // With the exit code known nothing may hold us any more: neither a connection that is still being tried, nor what Node does when its
  // loop is empty, which has been seen to spin for ever over sockets of a broker that broke many (Node 20, CleanupHandles).
  process.exit(exitCode)
}
