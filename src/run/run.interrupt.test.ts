import type { Duplex } from 'node:stream'
import { Aedes } from 'aedes'
import t from 'tap'
import type { CaseResult } from '../model/report.ts'
import { run } from './run.ts'

/*
 * An interrupt at any moment invents nothing: what a run says after it was proven before it. The broker is a good one, so whatever is
 * found is found because we looked away.
 */

const suites = ['qos2/broker-receives/undisturbed', 'qos2/broker-sends/undisturbed']

/** Runs against a good broker, interrupted when the broker has read for the `reads`-th time. Tells also how often it read in all. */
async function interruptedAt(reads: number): Promise<{ found: CaseResult[]; reads: number }> {
  const interrupt = new AbortController()
  const broker = await Aedes.createBroker()
  let count = 0
  const handle = (stream: Duplex) => {
    broker.handle(stream)
    stream.prependListener('data', () => {
      if (++count === reads) interrupt.abort()
    })
  }
  try {
    const { results } = await run({
      suites,
      mqtt: ['3.1.1'],
      jobs: 1,
      target: { handle, name: 'aedes' },
      signal: interrupt.signal,
    })
    const judged = results.filter(({ verdict }) => !/pass|skipped|inconclusive/.test(verdict))
    return { found: judged, reads: count }
  } catch (error) {
    if ((error as Error).name !== 'InterruptedError') throw error
    return { found: [], reads: count }
  } finally {
    broker.close()
  }
}

t.test(
  'an interrupt at every step of a case finds nothing that the whole run does not',
  async t => {
    const whole = await interruptedAt(Number.POSITIVE_INFINITY)
    t.same(whole.found, [], 'the broker is good')
    t.ok(whole.reads > 20, `${whole.reads} moments`)
    for (let reads = 1; reads <= whole.reads; reads++) {
      const { found } = await interruptedAt(reads)
      t.same(
        found.map(({ id, reason }) => `${id}: ${reason}`),
        [],
        `interrupted at read ${reads}`,
      )
    }
  },
)
