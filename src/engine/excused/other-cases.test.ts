import t from 'tap'
import { senderOf } from './other-cases.ts'

t.test('a message is traced to the case whose topic it came on', async t => {
  const sender = senderOf('m12345', 'm12345001', ['a/first:5.0', 'a/second:5.0'])
  t.equal(sender('ms/m12345000/x'), 'a/first:5.0')
  t.equal(sender('ms/m12345001'), undefined, 'its own')
  t.equal(sender('ms/m123450011/x'), undefined, 'its own, run again')
  t.equal(sender('prefix/ms/m12345000'), 'a/first:5.0')
  t.equal(sender('ms/m99999000'), 'another run of mqttspec')
  t.equal(sender('ms/m12345s/x'), 'a question asked beside the cases')
  const beside = senderOf('m12345p', 'm12345p001', [])
  t.equal(beside('ms/m12345p000'), 'a question asked beside the cases', 'of the same run')
  t.equal(sender('$SYS/uptime'), undefined, 'nobody can tell')
  t.equal(sender(''), undefined, 'by topic alias alone')
})
