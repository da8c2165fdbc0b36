import { once } from 'node:events'
import { readFile } from 'node:fs/promises'
import net from 'node:net'
import path from 'node:path'
import t from 'tap'
import { packageRoot } from '../run/choice/suite-files.ts'
import { createSimulatedPico } from '../targets/micropython/board.ts'

/*
 * The adapter of umqtt.simple, of which no copy is at hand: a client of ours with its names, whose calls block on the socket as that one's do.
 * CONNECT is `C` and is answered by one byte, PUBLISH is `P` and is answered by two.
 */
const client = `
import socket
class MQTTException(Exception):
    pass
class MQTTClient:
    def __init__(self, client_id, server, port, *more):
        self.server, self.port = server, port
    def set_callback(self, f):
        pass
    def connect(self, clean):
        self.sock = socket.socket()
        self.sock.connect(socket.getaddrinfo(self.server, self.port)[0][-1])
        self.sock.write(b"C")
        self.all_of(1)
    def publish(self, topic, msg, retain, qos):
        self.sock.write(b"P")
        self.all_of(2)
    def all_of(self, n):
        if len(self.sock.read(n)) < n:
            raise OSError(-1)
    def check_msg(self):
        self.sock.setblocking(False)
        b = self.sock.read(1)
        self.sock.setblocking(True)
        if b == b"":
            raise OSError(-1)
`

t.test(
  'a program that blocks in a call answers pings, and other commands by busy',
  { timeout: 30_000 },
  async t => {
    const server = net.createServer()
    await once(server.listen(0, '127.0.0.1'), 'listening')
    t.teardown(() => server.close())
    const { port } = server.address() as net.AddressInfo
    const tester = path.join(packageRoot, 'fixtures/targets/clients/umqtt_simple_tester.py')
    const files = { 'lib/umqtt/simple.py': client, 'tester.py': await readFile(tester) }
    const board = await createSimulatedPico({ files })
    t.teardown(() => board.stop())
    const said: string[] = []
    const waiting = new Set<() => void>()
    const wake = () => {
      for (const resolve of waiting) resolve()
      waiting.clear()
    }
    board.onLine(line => {
      said.push(line)
      wake()
    })
    const until = async (pattern: RegExp) => {
      for (;;) {
        const at = said.findIndex(line => pattern.test(line))
        if (at >= 0) return said.splice(at, 1)[0] ?? ''
        await new Promise<void>(resolve => waiting.add(resolve))
      }
    }
    const heard = async (pattern: RegExp) => JSON.parse(await until(pattern))
    const sent = (byte: string) => until(new RegExp(`^wire ${byte}$`))
    let id = 0
    const ask = async (command: object) => {
      id += 1
      board.send(JSON.stringify({ id, client: 'app', ...command }))
      const { ok, error } = await heard(new RegExp(`"id": ${id}\\b`))
      return error ?? ok
    }
    const connect = { do: 'connect', clientId: 'x', host: '127.0.0.1', port }
    const publish = { do: 'publish', topic: 't', payload: 'm', qos: 1 }
    const accepted = async () => {
      const [socket] = (await once(server, 'connection')) as [net.Socket]
      t.teardown(() => socket.destroy())
      socket.on('data', bytes => {
        for (const byte of String(bytes)) said.push(`wire ${byte}`)
        wake()
      })
      await sent('C')
      return socket
    }

    const first = accepted()
    t.same(await ask(connect), {})
    const socket = await first
    t.same(await ask(connect), {}, 'it connects already')
    t.equal(await ask(publish), 'busy', 'while it waits for the answer to CONNECT')
    const early = ask({ ...publish, tag: 'm0' })
    socket.write('c')
    await until(/"connected"/)
    t.same(await early, {}, 'what came meanwhile is done when the call is over')
    await sent('P')
    socket.write('pp')
    t.match(await heard(/"published"/), { tag: 'm0' })

    t.same(await ask({ ...publish, tag: 'm1' }), {})
    await sent('P')
    t.same(await ask({ do: 'ping', nonce: 'n1' }), { nonce: 'n1' })
    t.equal(await ask(publish), 'busy')
    t.equal(await ask({ do: 'subscribe', filter: 't' }), 'busy')
    socket.write('p')
    t.same(await ask({ do: 'ping', nonce: 'n2' }), { nonce: 'n2' }, 'half an answer is none')
    t.notOk(said.some(line => line.includes('published')))
    socket.write('p')
    t.match(await heard(/"published"/), { tag: 'm1' })

    t.same(await ask({ ...publish, tag: 'm2' }), {})
    const second = accepted()
    socket.destroy()
    t.same(await ask(connect), {}, 'the connection on which it waited has ended')
    t.match(await heard(/"published"/), { tag: 'm2', error: /OSError/ })
    ;(await second).write('c')
    await until(/"connected"/)
    t.match(await ask({ ...publish, payload: 'x'.repeat(30_000) }), /too long for this board/)
    t.same(await ask({ do: 'ping', nonce: 'n3' }), { nonce: 'n3' }, 'and it goes on')
  },
)
