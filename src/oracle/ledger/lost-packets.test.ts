import t from 'tap'
import { createLostPackets } from './lost-packets.ts'

t.test('so many packets can be taken back, each once, and none that came before them', t => {
  const losable = createLostPackets<string>(2)
  for (const seq of [1, 2, 3]) losable.remember(seq, `packet ${seq}`)
  t.equal(losable.takeBack(1), undefined)
  t.equal(losable.takeBack(3), 'packet 3')
  t.equal(losable.takeBack(3), undefined)
  t.equal(losable.takeBack(2), 'packet 2')
  t.end()
})
