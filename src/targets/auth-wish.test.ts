import t from 'tap'
import { hideSecrets } from '../model/secrets.ts'
import { resolvedAuth } from './auth-wish.ts'
import { parseProfile } from './profile.ts'

t.test('$NAME is taken from the environment, and shown nowhere from then on', async t => {
  const wish = { method: 'SCRAM-SHA-256', user: 'ann', password: '$BROKER_PASSWORD' }
  const resolved = resolvedAuth(wish, { BROKER_PASSWORD: 'correct horse' })
  t.same(resolved, { method: 'SCRAM-SHA-256', user: 'ann', password: 'correct horse' })
  t.equal(hideSecrets('it said correct horse'), 'it said ***')
})

t.test('a variable that is not set is told by its name', async t => {
  t.throws(() => resolvedAuth({ method: 'token', data: ['$TOKEN'] }, {}), /has no TOKEN/)
})

const profile = (auth: string) =>
  `name: x\nrole: broker\nversions: [5.0]\naddress: mqtt://127.0.0.1:1\nauth: ${auth}\n`

t.test('a profile says all that its method needs', async t => {
  const messages = (auth: string) =>
    parseProfile('x.yaml', profile(auth)).problems.map(({ message }) => message)
  t.match(messages('{ method: SCRAM-SHA-256, user: ann }'), [/"user" and "password"/])
  t.match(messages('{ method: token }'), [/"data" for token/])
  t.same(messages('{ method: token, data: [$TOKEN] }'), [])
})
