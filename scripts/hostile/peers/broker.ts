import net from 'node:net'
import { Aedes } from 'aedes'
import { connack, type Level, pingresp, publish } from '../packets.ts'

/*
 * node broker.ts BEHAVIOUR [AFTER]: a broker on a free port of loopback that is good for its first connections and hostile from then
 * on; AFTER is how many, or `every-N` where each N-th is hostile. It says its port in its first line and ends with its stdin.
 */
const [behaviour = '', after = '0'] = process.argv.slice(2)
process.stdin.on('end', () => process.exit()).resume()

const good = await Aedes.createBroker({ id: `hostile-${process.pid}` })
let connections = 0

const server = net.createServer({ noDelay: true }, socket => {
  connections += 1
  socket.on('error', () => undefined)
  if (isHostile(connections)) attack(socket)
  else good.handle(socket)
})
server.listen(0, '127.0.0.1', () => {
  const { port } = server.address() as net.AddressInfo
  process.stdout.write(`${port}\n`)
})

function isHostile(number: number): boolean {
  const every = /^every-(\d+)$/.exec(after)?.[1]
  return every === undefined ? number > Number(after) : number % Number(every) === 0
}

/** What a hostile connection does when its client has said the first thing. */
function attack(socket: net.Socket): void {
  if (behaviour === 'silent') return void socket.resume()
  if (behaviour === 'closes') return void socket.end()
  if (behaviour === 'resets') return void socket.resetAndDestroy()
  if (behaviour === 'garbage') {
    flood(socket, Buffer.alloc(256 * 1024, 'HTTP/1.1 400 Bad Request\r\n\r\n'))
    return
  }
  socket.once('data', bytes => {
    const level = levelOf(bytes)
    socket.resume()
    switch (behaviour) {
      case 'megabytes':
        return answerAndFlood(socket, level, publish(level, { bytes: 1024 * 1024 }))
      case 'megabytes-qos2':
        return answerAndFlood(socket, level, publish(level, { bytes: 1024 * 1024, qos: 2 }))
      case 'tiny':
        return answerAndFlood(socket, level, many(publish(level, { bytes: 1 })))
      case 'distinct-qos2':
        return answerAndFlood(socket, level, everyId(level))
      case 'repeated-qos2':
        return answerAndFlood(
          socket,
          level,
          many(publish(level, { bytes: 8, qos: 2, id: 5, dup: true })),
        )
      case 'repeated-pubrel':
        return answerAndFlood(socket, level, many(Buffer.of(0x62, 2, 0, 9)))
      case 'connacks':
        return flood(socket, many(connack(level)))
      case 'pingresps':
        return answerAndFlood(socket, level, many(pingresp))
      case 'drip':
        return drip(socket)
      case 'announces':
        socket.write(connack(level))
        return void socket.write(Buffer.from('90ffffff7f', 'hex'))
      case 'endless-packet':
        socket.write(connack(level))
        socket.write(Buffer.from('30ffffff7f000161', 'hex'))
        return flood(socket, Buffer.alloc(1024 * 1024, 0x61))
      case 'never-reads':
        socket.write(connack(level))
        return void socket.pause()
      default:
        throw new RangeError(`no behaviour is called ${behaviour}`)
    }
  })
}

/** Byte 8 of a CONNECT of 3.1.1 and 5.0 is the protocol level. */
function levelOf(bytes: Uint8Array): Level {
  const level = bytes[8]
  return level === 5 || level === 4 ? level : 3
}

function answerAndFlood(socket: net.Socket, level: Level, bytes: Buffer): void {
  socket.write(connack(level))
  flood(socket, bytes)
}

function many(bytes: Buffer): Buffer {
  return Buffer.concat(Array.from({ length: Math.ceil(65_536 / bytes.length) }, () => bytes))
}

function everyId(level: Level): Buffer {
  return Buffer.concat(
    Array.from({ length: 65_535 }, (_, i) => publish(level, { bytes: 4, qos: 2, id: i + 1 })),
  )
}

/** The same bytes without end, as fast as they are taken. */
function flood(socket: net.Socket, bytes: Buffer): void {
  const pour = () => {
    while (!socket.destroyed && socket.writable && socket.write(bytes));
  }
  socket.on('drain', pour)
  pour()
}

function drip(socket: net.Socket): void {
  const timer = setInterval(() => socket.write(Buffer.of(0x20)), 50)
  socket.on('close', () => clearInterval(timer))
}
