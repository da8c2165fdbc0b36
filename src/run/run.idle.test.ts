import { Duplex, Transform } from 'node:stream'
import { Aedes } from 'aedes'
import t from 'tap'
import { run } from './run.ts'

/* Cases that wait in vain hold their lanes for a whole budget: others are to begin in their place, except where one at a time is asked. */

/** Aedes, which says nothing any more from its first PUBREC on to clients whose CONNECT fits. */
async function deafTo(word: RegExp) {
  const broker = await Aedes.createBroker()
  const handle = (stream: Duplex) => {
    let meant = false
    let mute = false
    const heard = new Transform({
      transform: (chunk, _encoding, done) => {
        meant ||= word.test(chunk.toString('latin1'))
        done(null, chunk)
      },
    })
    const said = new Transform({
      transform: (chunk, _encoding, done) => {
        mute ||= meant && chunk[0] === 0x50
        if (mute) done()
        else done(null, chunk)
      },
    })
    for (const one of [heard, said]) one.on('error', () => undefined)
    stream.pipe(heard)
    said.pipe(stream)
    const behind = Duplex.from({ readable: heard, writable: said })
    behind.on('error', () => undefined)
    broker.handle(behind)
  }
  return { handle, close: () => broker.close() }
}

async function endings(jobs: number): Promise<string[]> {
  // The publishers of the first two cases, when these are run again as well; what tells runs apart, before them, may end in 0.
  const broker = await deafTo(/m\w{5}00[01]\d?pub/)
  const ended: string[] = []
  try {
    await run({
      suites: ['undisturbed', 'split-into-bytes', 'coalesced'].map(
        name => `qos2/broker-receives/${name}`,
      ),
      mqtt: ['3.1.1'],
      target: { handle: broker.handle },
      // `replyMs` is 2000: longer than what counts as idle.
      timeoutScale: 0.4,
      jobs,
      seed: 1,
      onCaseDone: ({ id, verdict }) => ended.push(`${verdict} ${id.split('/').at(-1)}`),
    })
  } finally {
    broker.close()
  }
  return ended
}

t.test('one at a time is one at a time', async t => {
  // A failure is told when it has been confirmed, behind what passes.
  t.same(await endings(1), [
    'pass coalesced:3.1.1',
    'fail undisturbed:3.1.1',
    'fail split-into-bytes:3.1.1',
  ])
})

t.test('where all lanes wait in vain another case is begun beside them', async t => {
  const [first, ...others] = await endings(2)
  t.equal(first, 'pass coalesced:3.1.1')
  t.same(others.sort(), ['fail split-into-bytes:3.1.1', 'fail undisturbed:3.1.1'])
})
