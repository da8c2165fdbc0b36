import t from 'tap'
import { hideCredentials, parseAddress, showAddress } from './address.ts'

t.test('user and password are read from an address and not shown', async t => {
  const address = parseAddress('mqtt://me:s3cr%40t%2Fpw@[::1]:1884')
  t.match(address, { host: '::1', port: 1884, username: 'me', password: 's3cr@t/pw' })
  t.equal(showAddress(address), 'mqtt://[::1]:1884')
})

t.test('no letter of a password is shown, however badly it is escaped', async t => {
  for (const credentials of ['me:secret', 'me:se@cret', 'me:se/cret', 'me:s/e@c@r/et', 'me@:se']) {
    t.equal(hideCredentials(`mqtt://${credentials}@host:1`), 'mqtt://…@host:1', credentials)
  }
  t.equal(hideCredentials('me:se@host:1'), '…@host:1')
  t.equal(hideCredentials('mqtt://host:1'), 'mqtt://host:1')
})
