import { once } from 'node:events'
import net from 'node:net'
import t from 'tap'
import { Wakeups } from './wakeups.ts'

/** Keeps the thread busy, as a long computation does. */
function block(ms: number): void {
  const end = performance.now() + ms
  while (performance.now() < end);
}

t.test('what arrived while the thread was busy is not late', async t => {
  const server = net.createServer(socket => socket.on('error', () => undefined).end('answer'))
  await once(server.listen(0, '127.0.0.1'), 'listening')
  const { port } = server.address() as net.AddressInfo
  const wakeups = new Wakeups()
  let heard = ''
  const socket = net.connect(port, '127.0.0.1')
  socket.on('error', () => undefined)
  socket.on('data', chunk => {
    heard += chunk
    wakeups.fire()
  })
  const answer = wakeups.until(() => heard || undefined, 250)
  block(400)
  t.equal(await answer, 'answer')
  socket.destroy()
  server.close()
})

t.test('a budget ends though nothing happens, about when it should', async t => {
  const began = performance.now()
  t.equal(await new Wakeups().until(() => undefined, 120), undefined)
  t.ok(performance.now() - began >= 115, 'not before')
})

t.test('a change at the very end of the budget counts', async t => {
  let calls = 0
  t.equal(await new Wakeups().until(() => (++calls > 1 ? 'late' : undefined), 20), 'late')
})

t.test('the tightest answered wait is remembered, one without an answer is not', async t => {
  const wakeups = new Wakeups()
  await wakeups.until(() => undefined, 30)
  t.equal(wakeups.tightest, 0)
  let heard = false
  setTimeout(() => {
    heard = true
    wakeups.fire()
  }, 60)
  await wakeups.until(() => heard || undefined, 100)
  t.ok(wakeups.tightest > 0.4 && wakeups.tightest <= 1, `${wakeups.tightest}`)
  const before = wakeups.tightest
  await wakeups.until(() => true, 100)
  t.equal(wakeups.tightest, before)
})
