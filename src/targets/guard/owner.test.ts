import { spawn } from 'node:child_process'
import { once } from 'node:events'
import t from 'tap'
import { isGone, owner, ownerPattern } from './owner.ts'

t.test('a name tells whether its owner is gone', async t => {
  t.match(owner, ownerPattern)
  t.notOk(isGone(`mqttspec-mosquitto-${owner}-Ab3dEf`), 'we are here')
  const other = spawn(process.execPath, ['-e', ''])
  await once(other, 'exit')
  const [pid, start, machine] = owner.split('.')
  t.ok(isGone(`mqttspec-mosquitto-${other.pid}.${start}.${machine}-Ab3dEf`), 'it has ended')
  t.notOk(isGone(`mqttspec-x-${other.pid}.${start}.00000000-Ab3dEf`), 'nobody knows of others')
  t.notOk(isGone('mqttspec-aedes-Ab3dEf'), 'a name that tells of nobody')
  if (start !== '0') {
    t.ok(isGone(`mqttspec-x-${pid}.${Number(start) - 1}.${machine}-Ab3dEf`), 'a number given again')
  }
})
