import type { Duplex } from 'node:stream'
import t from 'tap'
import { createReferenceBroker } from '../../fixtures/testing/peers/broker.ts'
import { duplexPair } from '../../fixtures/testing/peers/duplex-pair.ts'
import { run } from './run.ts'

/*
 * A correct broker that comes to what a subscriber sends only after a while, as one does that stores hundreds of its acknowledgements first.
 * All other connections are served at once, those of the question whether it is slow among them.
 */
function serve(lateMs: number) {
  const broker = createReferenceBroker({ versions: ['3.1.1'] })
  return (stream: Duplex) => {
    const [near, far] = duplexPair()
    broker.accept(far)
    // The first PUBREC of a subscriber: from there on its connection is behind, for once.
    let held: Buffer[] | undefined
    let isOver = false
    let isOfCase: boolean | undefined
    stream.on('data', (chunk: Buffer) => {
      isOfCase ??= chunk.includes('subscriber')
      if (isOfCase && chunk[0] === 0x50 && !held && !isOver) {
        held = []
        setTimeout(() => {
          isOver = true
          for (const one of held?.splice(0) ?? []) near.write(one)
        }, lateMs)
      }
      if (held && !isOver) held.push(chunk)
      else near.write(chunk)
    })
    stream.on('end', () => near.end())
    stream.on('error', () => near.destroy())
    near.on('data', chunk => stream.write(chunk))
    near.on('end', () => stream.end())
  }
}

t.test(
  'a broker that is behind on one connection is waited for, by what it answers there',
  async t => {
    const report = await run({
      suites: ['qos2/levels/overlapping'],
      mqtt: ['3.1.1'],
      target: { handle: serve(1500) },
      // An answer may take 500 ms.
      timeoutScale: 0.1,
      seed: 1,
    })
    t.same(
      report.results.map(({ verdict, reason }) => `${verdict}: ${reason}`),
      report.results.map(() => 'pass: '),
    )
    t.ok(report.results.length > 0)
  },
)
