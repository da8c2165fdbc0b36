import { createHash } from 'node:crypto'
import { once } from 'node:events'
import net from 'node:net'
import t, { type Test } from 'tap'
import { longMessage, messageBytesMax } from './frame-stream.ts'
import { ws } from './websocket.ts'

/** The header of a binary frame that nobody masks, and of one that goes on in others. */
function header(bytes: number, { last = true, first = true } = {}): Buffer {
  const head = Buffer.alloc(10)
  head[0] = (last ? 0x80 : 0) | (first ? 2 : 0)
  head[1] = 127
  head.writeBigUInt64BE(BigInt(bytes), 2)
  return head
}

/** Source: RFC 6455 §4.2.2. */
function acceptOf(key: string): string {
  return createHash('sha1').update(`${key}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`).digest('base64')
}

/** Two ends of a WebSocket: the stream of ours, and the socket of a server that writes what it likes. */
async function opened(t: Test) {
  const server = net.createServer()
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as net.AddressInfo
  const accepted = once(server, 'connection') as Promise<[net.Socket]>
  const socket = net.connect(port, '127.0.0.1')
  const connecting = ws.connect(socket, { host: '127.0.0.1', port })
  const [theirs] = await accepted
  t.teardown(() => {
    theirs.destroy()
    socket.destroy()
    server.close()
  })
  theirs.on('error', () => undefined)
  const [request] = (await once(theirs, 'data')) as [Buffer]
  const key = /sec-websocket-key: (.*)\r\n/i.exec(request.toString())?.[1] ?? ''
  theirs.write(
    `HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: ${acceptOf(key)}\r\nSec-WebSocket-Protocol: mqtt\r\n\r\n`,
  )
  return { stream: await connecting, theirs }
}

t.test('a message longer than what is taken ends the stream at its header', async t => {
  const { stream, theirs } = await opened(t)
  stream.resume()
  const failed = once(stream, 'error') as Promise<[NodeJS.ErrnoException]>
  theirs.write(header(messageBytesMax + 1))
  const [error] = await failed
  t.equal(error.code, longMessage)
})

t.test('so does one that comes in frames, each short enough', async t => {
  const { stream, theirs } = await opened(t)
  stream.resume()
  const failed = once(stream, 'error') as Promise<[NodeJS.ErrnoException]>
  const half = messageBytesMax / 2
  theirs.write(header(half, { last: false }))
  theirs.write(Buffer.alloc(half))
  theirs.write(header(half + 1, { first: false }))
  const [error] = await failed
  t.equal(error.code, longMessage)
})

t.test('the longest that is taken comes whole', async t => {
  const { stream, theirs } = await opened(t)
  let bytes = 0
  stream.on('data', (chunk: Buffer) => {
    bytes += chunk.length
    if (bytes === messageBytesMax) stream.emit('whole')
  })
  const whole = once(stream, 'whole')
  theirs.write(header(messageBytesMax))
  theirs.write(Buffer.alloc(messageBytesMax))
  await whole
  t.equal(bytes, messageBytesMax)
})
