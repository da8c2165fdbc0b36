import t from 'tap'
import { findingOf } from '../../../fixtures/testing/reports/build.ts'
import { detailsOf } from './details.ts'

t.test('what the message says is not said again', async t => {
  const quota = findingOf({
    message: '3 PUBLISH packets are in flight; Receive Maximum is 2',
    expected: 'at most 2',
    got: 'PUBLISH id 7 as number 3',
  })
  t.same(detailsOf(quota), [['got', 'PUBLISH id 7 as number 3']])
  const silent = findingOf({
    message: 'mosquitto sent no PUBREL id 1 in 2 s',
    expected: 'PUBREL id 1',
    got: 'nothing',
  })
  t.same(detailsOf(silent), [])
})

t.test('what got says is not said as nearest again', async t => {
  const twice = findingOf({ message: 'x', expected: 'y', got: 'z came', nearestMiss: 'z' })
  t.same(detailsOf(twice), [
    ['expected', 'y'],
    ['got', 'z came'],
  ])
})
