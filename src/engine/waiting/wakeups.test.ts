import { once } from 'node:events'
import net from 'node:net'
import t from 'tap'
import { Pulse } from './wakeups.ts'

/** Keeps the thread busy, as a long computation does. */
function block(ms: number): void {
  const end = performance.now() + ms
  while (performance.now() < end);
}

t.test('what arrived while the thread was busy is not late', async t => {
  const server = net.createServer(socket => socket.on('error', () => undefined).end('answer'))
  await once(server.listen(0, '127.0.0.1'), 'listening')
  const { port } = server.address() as net.AddressInfo
  const pulse = new Pulse()
  let heard = ''
  const socket = net.connect(port, '127.0.0.1')
  socket.on('error', () => undefined)
  socket.on('data', chunk => {
    heard += chunk
    pulse.fire()
  })
  const answer = pulse.until(() => heard || undefined, 250)
  block(400)
  t.equal(await answer, 'answer')
  socket.destroy()
  server.close()
})

t.test('a budget ends though nothing happens, about when it should', async t => {
  const began = performance.now()
  t.equal(await new Pulse().until(() => undefined, 120), undefined)
  t.ok(performance.now() - began >= 115, 'not before')
})

t.test('a change at the very end of the budget counts', async t => {
  let calls = 0
  t.equal(await new Pulse().until(() => (++calls > 1 ? 'late' : undefined), 20), 'late')
})

t.test('the tightest answered wait is remembered, one without an answer is not', async t => {
  const pulse = new Pulse()
  await pulse.until(() => undefined, 30)
  t.equal(pulse.tightest, 0)
  let heard = false
  setTimeout(() => {
    heard = true
    pulse.fire()
  }, 60)
  await pulse.until(() => heard || undefined, 100)
  t.ok(pulse.tightest > 0.4 && pulse.tightest <= 1, `${pulse.tightest}`)
  const before = pulse.tightest
  await pulse.until(() => true, 100)
  t.equal(pulse.tightest, before)
})
