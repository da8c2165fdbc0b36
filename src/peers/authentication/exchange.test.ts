import t from 'tap'
import { beginExchange, isChallenged } from './exchange.ts'

const text = (bytes: Uint8Array) => Buffer.from(bytes).toString()

t.test('the words of a profile are said in their order, and then there are no more', async t => {
  const exchange = beginExchange({ method: 'knock', data: ['a', 'b'] }, 'right')
  t.equal(text(exchange.first()), 'a')
  t.equal(text(exchange.next(new Uint8Array(0))), 'b')
  t.throws(() => exchange.next(new Uint8Array(0)), /all 2 words/)
})

t.test('a wrong exchange differs in its last word alone', async t => {
  const exchange = beginExchange({ method: 'knock', data: ['a', 'b'] }, 'wrong')
  t.equal(text(exchange.first()), 'a')
  t.equal(text(exchange.next(new Uint8Array(0))), 'not b')
})

t.test('SCRAM needs to know who we are', async t => {
  t.throws(() => beginExchange({ method: 'SCRAM-SHA-256', user: 'u' }, 'right'), /a password/)
})

t.test('one word is an authentication without a challenge', async t => {
  t.notOk(isChallenged({ method: 'token', data: ['a'] }))
  t.ok(isChallenged({ method: 'token', data: ['a', 'b'] }))
  t.ok(isChallenged({ method: 'SCRAM-SHA-256' }))
})
