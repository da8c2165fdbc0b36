import { once } from 'node:events'
import net from 'node:net'
import t from 'tap'
import { Listener } from './listen.ts'

t.test('a connection that comes while the port is given up is closed, not kept', async t => {
  const listener = await Listener.open({ host: '127.0.0.1', port: 0, changed: () => {} })
  const server = Reflect.get(listener, 'server') as net.Server
  // Behind the listener's own handler, which has begun with the connection by then and has not yet kept it.
  let closed: Promise<void> | undefined
  server.once('connection', () => {
    closed = listener.close()
  })
  const socket = net.connect(listener.port, '127.0.0.1')
  socket.resume()
  t.teardown(() => socket.destroy())
  await once(socket, 'close')
  await closed
  t.same(listener.waiting, [])
})
