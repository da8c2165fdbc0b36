import net from 'node:net'
import t, { type Test } from 'tap'
import { TargetError } from '../targets/target-error.ts'
import { run } from './run.ts'

/*
 * Targets that do what no broker should. Whatever they do, the run ends in bounded time with a message that names it.
 */

/** Starts a server that treats every connection so, runs one suite against it and returns what came of it. */
async function against(
  t: Test,
  serve: (socket: net.Socket) => void,
  options: { suites?: string[]; scale?: number } = {},
) {
  const sockets = new Set<net.Socket>()
  const server = net.createServer(socket => {
    sockets.add(socket)
    socket.on('error', () => undefined)
    serve(socket)
  })
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  t.teardown(() => {
    server.close()
    for (const socket of sockets) socket.destroy()
  })
  const { port } = server.address() as net.AddressInfo
  return run({
    target: `mqtt://127.0.0.1:${port}`,
    suites: options.suites ?? ['qos2/broker-receives/undisturbed:3.1.1'],
    timeoutScale: options.scale ?? 0.04,
  })
}

const connack = Buffer.from('20020000', 'hex')

t.test('a closed port is exit 3 with the address and the reason', async t => {
  const server = net.createServer()
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as net.AddressInfo
  await new Promise(resolve => server.close(resolve))
  await t.rejects(
    run({ target: `mqtt://127.0.0.1:${port}`, suites: ['undisturbed'], timeoutScale: 0.04 }),
    { code: 'TARGET_UNREACHABLE', message: /ECONNREFUSED/ },
  )
})

t.test('a target that accepts and never answers is unreachable', async t => {
  await t.rejects(
    against(t, () => undefined),
    {
      code: 'TARGET_UNREACHABLE',
      message: /no CONNACK/,
    },
  )
})

t.test('a target that answers garbage is unreachable', async t => {
  await t.rejects(
    against(t, socket => socket.write('HTTP/1.1 400 Bad Request\r\n\r\n')),
    { code: 'TARGET_UNREACHABLE', message: /no CONNACK/ },
  )
})

t.test('a target that wants other credentials is told as such', async t => {
  const refused = Buffer.from('20020005', 'hex')
  await t.rejects(
    against(t, socket => socket.once('data', () => socket.end(refused))),
    {
      code: 'TARGET_UNREACHABLE',
      message: /code 0x05, not authorized; give its user and password/,
    },
  )
})

t.test('a target that closes every connection at once is unreachable', async t => {
  await t.rejects(
    against(t, socket => socket.end()),
    TargetError,
  )
})

t.test('a target that announces a packet of 256 MB is not waited for', async t => {
  const before = process.memoryUsage().rss
  // It makes connections, so it is judged.
  const report = await against(t, socket => {
    let first = true
    socket.on('data', () => {
      socket.write(first ? connack : Buffer.from('90ffffff7f', 'hex'))
      first = false
    })
  })
  t.equal(report.exitCode, 1)
  t.match(report.results[0], { id: /prerequisites/, verdict: 'fail' })
  t.ok(process.memoryUsage().rss - before < 100e6, 'and nothing was allocated for it')
})

t.test('a target that sends one byte at a time now and then runs out of its budget', async t => {
  await t.rejects(
    against(t, socket => {
      const drip = setInterval(() => socket.write(Buffer.of(0x20)), 20)
      socket.on('close', () => clearInterval(drip))
    }),
    TargetError,
  )
})

t.test(
  'a target that floods us with packets ends in bounded time and is not conformant',
  async t => {
    const pingresps = Buffer.alloc(200_000, Buffer.from('d000', 'hex'))
    const report = await against(t, socket => {
      socket.once('data', () => {
        socket.write(connack)
        const flood = () => {
          while (!socket.destroyed && socket.write(pingresps));
        }
        socket.on('drain', flood)
        flood()
      })
    })
    t.not(report.exitCode, 0)
  },
)
