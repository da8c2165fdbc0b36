import t from 'tap'
import { pacingProblem } from './pauses.ts'

t.test('pauses that double are a back-off, and regular', async t => {
  const doubling = [1000, 2010, 4005, 4010]
  t.equal(pacingProblem('back-off', doubling), undefined)
  t.equal(pacingProblem('jitter', doubling), 'the pauses are regular')
  t.equal(pacingProblem('pause', doubling), undefined)
})

t.test('pauses that are all alike are neither', async t => {
  const alike = [1000, 1003, 998, 1010]
  t.equal(pacingProblem('back-off', alike), 'the pauses do not grow')
  t.equal(pacingProblem('jitter', alike), 'the pauses are regular')
})

t.test('chance in the pauses is jitter, whether they grow or not', async t => {
  t.equal(pacingProblem('jitter', [1000, 1310, 870, 1100]), undefined)
  t.equal(pacingProblem('jitter', [900, 2300, 3600, 8100]), undefined)
  t.equal(pacingProblem('back-off', [900, 2300, 3600, 8100]), undefined)
})

t.test('who comes back at once is not paced at all', async t => {
  const atOnce = [2, 3, 9, 1]
  t.equal(pacingProblem('back-off', atOnce), 'the pauses do not grow')
  t.equal(pacingProblem('jitter', atOnce), 'the pauses are regular')
  t.equal(pacingProblem('pause', atOnce), 'it came back at once')
})
