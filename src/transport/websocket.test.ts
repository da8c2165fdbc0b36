import { createHash } from 'node:crypto'
import { once } from 'node:events'
import net from 'node:net'
import t, { type Test } from 'tap'
import { longMessage, messageBytesMax, tooMuchUnfinished } from './frame-stream.ts'
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
  return { stream: await connecting, theirs, beneath: socket }
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

t.test('of messages that are not whole the largest ends once all take too much', async t => {
  const megabyte = 1024 * 1024
  const opening = Array.from({ length: 3 }, () => opened(t))
  const all = await Promise.all(opening)
  const ends = all.map(({ stream }) => {
    stream.resume()
    return new Promise<string | undefined>(resolve =>
      stream.once('error', ({ code }: NodeJS.ErrnoException) => resolve(code)),
    )
  })
  const read = (at: number) => {
    const before = all[at]!.beneath.bytesRead
    return async (bytes: number) => {
      while (all[at]!.beneath.bytesRead < before + bytes) {
        await new Promise(resolve => setImmediate(resolve))
      }
    }
  }
  for (const [at, bytes] of [25 * megabyte, 24 * megabyte].entries()) {
    const through = read(at)
    all[at]!.theirs.write(Buffer.concat([header(31 * megabyte), Buffer.alloc(bytes)]))
    await through(bytes)
  }
  // One that is whole counts no more.
  const came = once(all[2]!.stream, 'data')
  all[2]!.theirs.write(Buffer.concat([header(14 * megabyte), Buffer.alloc(14 * megabyte)]))
  await came
  const third = read(2)
  all[2]!.theirs.write(Buffer.concat([header(31 * megabyte), Buffer.alloc(14 * megabyte)]))
  await third(14 * megabyte)
  t.notOk(all[0]!.stream.destroyed)
  all[2]!.theirs.write(Buffer.alloc(2 * megabyte))
  t.equal(await ends[0], tooMuchUnfinished)
  const through = read(1)
  all[1]!.theirs.write(Buffer.alloc(megabyte))
  await through(megabyte)
  t.notOk(all[1]!.stream.destroyed)
  t.notOk(all[2]!.stream.destroyed)
})
