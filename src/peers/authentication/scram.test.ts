import t from 'tap'
import { createScram, isScram } from './scram.ts'

t.test('SCRAM-SHA-256 says what RFC 7677 has in its example', async t => {
  const scram = createScram({
    method: 'SCRAM-SHA-256',
    user: 'user',
    password: 'pencil',
    nonce: 'rOprNGfwEbeRWgbNEkqO',
  })
  t.equal(scram.clientFirst(), 'n,,n=user,r=rOprNGfwEbeRWgbNEkqO')
  t.equal(
    scram.answer(
      'r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096',
    ),
    'c=biws,r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,p=dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ=',
  )
  t.equal(scram.answer('v=6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4='), '')
})

t.test('SCRAM-SHA-1 says what RFC 5802 has in its example', async t => {
  const scram = createScram({
    method: 'SCRAM-SHA-1',
    user: 'user',
    password: 'pencil',
    nonce: 'fyko+d2lbbFgONRv9qkxdawL',
  })
  t.equal(
    scram.answer('r=fyko+d2lbbFgONRv9qkxdawL3rfcNHYJY1ZVvWVs7j,s=QSXCR+Q6sek8bf92,i=4096'),
    'c=biws,r=fyko+d2lbbFgONRv9qkxdawL3rfcNHYJY1ZVvWVs7j,p=v0X8v3Bz2T0CJGbJQyF0X+HI4Ts=',
  )
  t.equal(scram.answer('v=rmF9pqV8S7suAoZWja4dJRkFsKQ='), '')
})

t.test('a server that does not know the password is not believed', async t => {
  const scram = createScram({ method: 'SCRAM-SHA-256', user: 'u', password: 'p', nonce: 'abc' })
  scram.answer('r=abcdef,s=AAAA,i=1')
  t.throws(() => scram.answer('v=AAAA'), /signature is wrong/)
})

t.test('a challenge for another exchange, or with too much work, is not answered', async t => {
  const wish = { method: 'SCRAM-SHA-256', user: 'u', password: 'p', nonce: 'abc' }
  t.throws(() => createScram(wish).answer('r=xyz,s=AAAA,i=1'), /no server-first-message/)
  t.throws(() => createScram(wish).answer('r=abc,s=AAAA,i=1'), /no server-first-message/)
  t.throws(() => createScram(wish).answer('r=abcd,s=AAAA,i=9999999'), /too many/)
  t.throws(() => createScram(wish).answer('hello'), /no server-first-message/)
})

t.test('a name with a comma does not end early', async t => {
  const scram = createScram({ method: 'SCRAM-SHA-1', user: 'a,b=c', password: 'p', nonce: 'n' })
  t.equal(scram.clientFirst(), 'n,,n=a=2Cb=3Dc,r=n')
  t.ok(isScram('SCRAM-SHA-512'))
  t.notOk(isScram('PLAIN'))
})
