import t from 'tap'
import {
  forgetSecrets,
  hideAllSecrets,
  hideSecrets,
  notePassingSecret,
  noteSecret,
  showSecrets,
} from './secrets.ts'

t.afterEach(forgetSecrets)

t.test('an ordinary word that is a password is hidden where it can only be that', t => {
  const plain = 'the topic test/1 of the test; Test, testing'
  for (const note of [noteSecret, notePassingSecret]) {
    note('test')
    t.equal(hideSecrets(plain), plain)
    for (const text of [
      'password: test',
      "password='test'",
      '{"password":"test"}',
      'bad user name test',
      'the password is "test", which is refused',
      'authenticated with test',
      'client --password test',
      'client -u x -P test',
      'API_TOKEN=test',
      'mqtt://someone:test@host',
      'mqtt://test@host',
    ]) {
      t.notMatch(hideSecrets(text), /test/, text)
    }
    forgetSecrets()
  }
  t.end()
})

t.test('in a command, and in what a program wrote, it is hidden wherever it stands', t => {
  noteSecret('test', '$WORD')
  t.equal(hideAllSecrets('client test --of dGVzdA== 74657374'), 'client $WORD --of $WORD $WORD')
  showSecrets()
  t.equal(hideAllSecrets('client test'), 'client test')
  t.end()
})

t.test('any other word is hidden everywhere, also one that has an ordinary one in it', t => {
  noteSecret('test2')
  noteSecret('test')
  t.equal(hideSecrets('a test2 of dGVzdDI='), 'a *** of ***')
  t.end()
})
