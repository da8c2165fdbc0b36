import t from 'tap'
import { hex } from '../../model/text/hex.ts'
import { asksUnderZero } from './zero-id.ts'

t.test('PUBLISH and PUBREL with identifier 0 are seen, whatever stands around them', async t => {
  t.ok(asksUnderZero(hex`32 07 00 01 61 00 00 00 78`), 'QoS 1')
  t.ok(asksUnderZero(hex`34 07 00 01 61 00 00 00 78`), 'QoS 2')
  t.ok(asksUnderZero(hex`62 02 00 00`), 'PUBREL')
  t.ok(asksUnderZero(hex`d0 00 62 02 00 00`), 'behind another packet')
})

t.test('nothing else is taken for it', async t => {
  t.notOk(asksUnderZero(hex`32 07 00 01 61 00 07 00 78`), 'another identifier')
  t.notOk(asksUnderZero(hex`30 05 00 01 61 00 00`), 'QoS 0 has none')
  t.notOk(asksUnderZero(hex`62 01 00`), 'cut off before its identifier')
  t.notOk(asksUnderZero(hex`40 02 00 00`), 'an answer of ours')
  t.notOk(asksUnderZero(hex`34 05 ff ff 61 00 07`), 'a topic beyond the end')
  t.notOk(asksUnderZero(hex`ff ff ff ff ff`), 'no packet')
})
