import t from 'tap'
import { killsIn, killsOfCase } from './proof-kills.ts'

t.test('a case has the number of its scenario, in any version and combination', async t => {
  const kills = killsIn('{"flaws":9,"kills":{"qos2/a/once":3,"qos2/a/never":0,"odd":"many"}}')
  t.equal(killsOfCase(kills, 'qos2/a/once:5.0:close=fin'), 3)
  t.equal(killsOfCase(kills, 'qos2/a/never:3.1.1'), 0)
  t.equal(killsOfCase(kills, 'qos2/a/other:3.1.1'), undefined)
  t.equal(killsOfCase(kills, 'odd'), undefined, 'what is no number is left out')
  t.equal(killsOfCase(kills, 'toString'), undefined)
})
