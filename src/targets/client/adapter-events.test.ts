import t from 'tap'
import { readEvent } from './adapter-events.ts'

t.test('an event is read with what belongs to it, and nothing else', async t => {
  t.same(readEvent({ event: 'connected', client: 'a', code: 0, sessionPresent: null, more: 1 }), {
    event: { event: 'connected', client: 'a', code: 0 },
  })
  t.equal(readEvent({ event: 'invented-later', code: 'x' }), undefined)
})

t.test('an event that is wrong says why', async t => {
  const problems: [told: { event: string; [name: string]: unknown }, problem: RegExp][] = [
    [{ event: 'connected', code: 'a text' }, /"code" is not a whole number/],
    [{ event: 'connected', code: -1 }, /"code" is not a whole number/],
    [{ event: 'connected', sessionPresent: 1 }, /"sessionPresent" is not true or false/],
    [{ event: 'delivered', payload: 'x' }, /it has no "topic"/],
    [{ event: 'delivered', topic: 't', payloadHex: 'abc' }, /"payloadHex" is not hex digits/],
    [{ event: 'delivered', topic: 't', properties: [] }, /"properties" is not an object/],
    [{ event: 'subscribed', tag: 't', codes: 2 }, /"codes" is not a list of whole numbers/],
    [{ event: 'published', tag: 7 }, /"tag" is not a text/],
    [{ event: 'log' }, /it has no "text"/],
  ]
  for (const [told, problem] of problems) t.match(readEvent(told), { problem })
})
