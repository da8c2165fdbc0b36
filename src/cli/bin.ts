#!/usr/bin/env node
/*
 * Only what decides where to go is loaded here: `--version` costs hardly more than Node itself.
 */
const [first] = process.argv.slice(2)

// Whoever reads our output may have seen enough: `mqttspec list statements | head`. A run listens, too, and goes on for its reports.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (process.stdout.listenerCount('error') > 1) return
  if (error.code !== 'EPIPE') process.stderr.write(`mqttspec: stdout: ${error.message}\n`)
  process.exit(error.code === 'EPIPE' ? 0 : 2)
})

if (first === '--version' || first === '-V') {
  const { version } = await import('../run/version.ts')
  process.stdout.write(`${version}\n`)
} else {
  // All is said and written when the loop is empty. What Node does from there on by itself has been seen to spin for ever over the
  // sockets of a broker that broke many connections (Node 20, CleanupHandles).
  process.once('beforeExit', () => process.exit())
  const { main } = await import('./main.ts')
  process.exitCode = await main(process.argv.slice(2))
}
