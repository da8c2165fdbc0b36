// Row (d) of the bench: one case with 100,000 messages against the broker at that port, and the memory it takes.
import { fileURLToPath } from 'node:url'
import { run } from '../dist/index.js'

const [port] = process.argv.slice(2)
const samples = []
const timer = setInterval(() => samples.push(process.memoryUsage().rss / 1e6), 250)
const began = performance.now()
const { results } = await run({
  suites: [fileURLToPath(new URL('hundred-thousand.yaml', import.meta.url))],
  target: `mqtt://127.0.0.1:${port}`,
  timeoutScale: 20,
})
clearInterval(timer)
process.stdout.write(
  JSON.stringify({
    verdict: results[0]?.verdict,
    seconds: (performance.now() - began) / 1000,
    firstHalfMb: Math.max(...samples.slice(0, samples.length / 2)),
    secondHalfMb: Math.max(...samples.slice(samples.length / 2)),
  }),
)
