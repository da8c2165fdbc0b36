#!/usr/bin/env node
/*
 * Only what decides where to go is loaded here: `--version` costs hardly more than Node itself.
 */
const [first] = process.argv.slice(2)

// Whoever reads our output may have seen enough: `mqttspec list statements | head`.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code !== 'EPIPE') throw error
  process.exit(0)
})

if (first === '--version' || first === '-V') {
  const { version } = await import('./version.ts')
  process.stdout.write(`${version}\n`)
} else {
  const { main } = await import('./cli/main.ts')
  process.exitCode = await main(process.argv.slice(2))
}
