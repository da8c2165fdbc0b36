import t from 'tap'
import { ProcessStalls, TimedStalls } from './process-stalls.ts'

t.test('what a timer comes late is counted, what is due between two is not', async t => {
  let nowMs = 1000
  const stalls = new ProcessStalls(() => nowMs)
  stalls.start()
  t.teardown(() => stalls.stop())
  // It looks each 50 ms, and 10 ms late is nobody's fault.
  const after = (ms: number) => {
    nowMs += ms
    return stalls.totalMs()
  }
  t.equal(after(50), 0)
  t.equal(after(60), 0)
  t.equal(after(460), 400)
  t.equal(after(20), 400)
  t.equal(after(160), 500)
})

t.test('it looks by itself', async t => {
  let nowMs = 0
  let looked = () => {}
  const twice = new Promise<void>(resolve => {
    looked = resolve
  })
  const stalls = new ProcessStalls(() => {
    // As if each look came 100 ms behind the one before.
    nowMs += 100
    if (nowMs > 200) looked()
    return nowMs
  })
  stalls.start()
  t.teardown(() => stalls.stop())
  // Its own timer keeps no process alive.
  const alive = setInterval(() => undefined, 1000)
  await twice
  clearInterval(alive)
  t.ok(stalls.totalMs() >= 80)
})

t.test('only what is lost before the target has the word counts', async t => {
  let inAllMs = 500
  const stalls = new TimedStalls(() => inAllMs)
  inAllMs += 30
  stalls.targetHasTheWord()
  t.equal(stalls.ms, 0, 'no time was let pass')
  stalls.timePassed()
  inAllMs += 20
  stalls.targetHasTheWord()
  inAllMs += 400
  stalls.targetHasTheWord()
  t.equal(stalls.ms, 50)
  stalls.timePassed()
  t.equal(stalls.ms, 450, 'before time passes again it was our doing')
})
