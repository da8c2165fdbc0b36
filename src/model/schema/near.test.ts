import t from 'tap'
import { nearest } from './near.ts'

t.test('a word with one slip is near', async t => {
  const known = ['drop', 'delay', 'duplicate', 'MQTT-4.3.3-2']
  t.equal(nearest('dorp', known), 'drop', 'two letters swapped')
  t.equal(nearest('dely', known), 'delay', 'a letter left out')
  t.equal(nearest('duplicatte', known), 'duplicate', 'a letter too many')
  t.equal(nearest('Delay', known), 'delay', 'letter case counts nothing')
  t.equal(nearest('MQTT-4.3.3-22', known), 'MQTT-4.3.3-2')
})

t.test('a word of its own is near nothing', async t => {
  t.equal(nearest('xyz', ['drop', 'delay']), undefined)
  t.equal(nearest('', ['drop']), undefined)
  t.equal(nearest('x'.repeat(100_000), ['drop']), undefined, 'and costs no time')
})
