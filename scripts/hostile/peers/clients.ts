import { once } from 'node:events'
import net from 'node:net'
import { connack, connect, packet, publish, subscribe, text } from '../packets.ts'

/*
 * node clients.ts PORT BEHAVIOUR SECONDS: clients that dial in to `mqttspec listen` on a port of loopback. It ends after so many seconds,
 * or when it has done what it does.
 */
const [portText = '', behaviour = '', secondsText = '5'] = process.argv.slice(2)
const port = Number(portText)
setTimeout(() => process.exit(), Number(secondsText) * 1000)
process.stdout.write('going\n')

function dial(first: Uint8Array, onData?: (socket: net.Socket, bytes: Buffer) => void): net.Socket {
  const socket = net.connect({ host: '127.0.0.1', port, noDelay: true })
  socket.on('error', () => undefined)
  socket.on('data', bytes => onData?.(socket, bytes))
  if (first.length > 0) socket.write(first)
  return socket
}

function flood(socket: net.Socket, bytes: Buffer): void {
  const pour = () => {
    while (!socket.destroyed && socket.writable && socket.write(bytes));
  }
  socket.on('drain', pour)
  pour()
}

/** Dials again whenever the connection ends. */
function keepFlooding(name: string, bytes: Buffer, before: Uint8Array = Buffer.alloc(0)): void {
  const socket = dial(Buffer.concat([connect({ clientId: name }), before]))
  flood(socket, bytes)
  socket.on('close', () => setTimeout(() => keepFlooding(name, bytes, before), 50))
}

const many = (bytes: Buffer) =>
  Buffer.concat(Array.from({ length: Math.ceil(65_536 / bytes.length) }, () => bytes))

/** A client that does all right: a QoS 0 message, and DISCONNECT. */
function good(name: string): void {
  const socket = dial(connect({ clientId: name, level: 4 }), (_socket, bytes) => {
    if (!bytes.subarray(0, 4).equals(connack(4))) return
    socket.write(publish(4, { topic: 'good', bytes: 4 }))
    socket.end(Buffer.of(0xe0, 0))
  })
}

const hello = Buffer.from('1603010200010001fc0303', 'hex')
const http = Buffer.from('GET / HTTP/1.1\r\nHost: example.org\r\n\r\n')
const banners = [
  'SSH-2.0-OpenSSH_9.2p1\r\n',
  '\x00\x00\x00\x00',
  'OPTIONS * RTSP/1.0\r\n\r\n',
  '*1\r\n$4\r\nPING\r\n',
]

switch (behaviour) {
  case 'megabytes':
    keepFlooding('big', publish(4, { bytes: 1024 * 1024 }))
    break
  case 'megabytes-qos2':
    keepFlooding('big2', publish(4, { bytes: 1024 * 1024, qos: 2 }))
    break
  case 'tiny':
    keepFlooding('tiny', many(publish(4, { bytes: 1 })))
    break
  case 'repeated-qos2':
    keepFlooding('again', many(publish(4, { bytes: 8, qos: 2, id: 5, dup: true })))
    break
  case 'retained':
    // A topic each: whoever keeps the last message of every topic keeps them all.
    await keepEveryTopic()
    break
  case 'deaf-subscriber': {
    const socket = dial(Buffer.concat([connect({ clientId: 'deaf' }), subscribe(4, '#', 1)]))
    socket.pause()
    keepFlooding('talks', publish(4, { bytes: 256 * 1024, qos: 1 }))
    break
  }
  case 'never-answers':
    // They read all that they are sent, and acknowledge nothing of it.
    for (let i = 0; i < 100; i++) {
      dial(Buffer.concat([connect({ clientId: `mute${i}` }), subscribe(4, '#', 1)]))
    }
    keepFlooding('talks', publish(4, { bytes: 256 * 1024, qos: 1 }))
    break
  case 'new-clients':
    for (let i = 0; i < 2000; i++) {
      dial(Buffer.concat([connect({ clientId: `many${i}` }), publish(4, { bytes: 100_000 })]))
      if (i % 20 === 0) await new Promise(resolve => setTimeout(resolve, 20))
    }
    break
  case 'strangers':
    for (let i = 0; i < 100; i++) {
      dial([hello, http, ...banners.map(one => Buffer.from(one))][i % 6]!)
      if (i % 10 === 0) dial(Buffer.alloc(0)).end()
    }
    good('judged')
    setTimeout(() => process.exit(), 1500)
    break
  case 'only-strangers':
    dial(hello)
    dial(http)
    for (const banner of banners) dial(Buffer.from(banner))
    dial(Buffer.alloc(0)).end()
    setTimeout(() => process.exit(), 1500)
    break
  case 'crowd':
    // Half of them say nothing, flood or stop in the middle of a CONNECT; the judged one comes last.
    for (let i = 0; i < 500; i++) {
      if (i % 2 === 0) good(`good${i}`)
      else if (i % 4 === 1) dial(Buffer.alloc(0))
      else if (i % 8 === 3)
        flood(dial(connect({ clientId: `bad${i}` })), many(publish(4, { bytes: 100 })))
      else dial(Buffer.from('10ff', 'hex'))
    }
    setTimeout(() => good('judged'), 500)
    break
  default:
    throw new RangeError(`no behaviour is called ${behaviour}`)
}

async function keepEveryTopic(): Promise<void> {
  const socket = dial(connect({ clientId: 'keeper' }))
  const closed = once(socket, 'close')
  for (let i = 0; !socket.destroyed; i++) {
    const taken = socket.write(packet(0x31, text(`kept/${i}`), Buffer.alloc(4096, 0x78)))
    if (!taken) await Promise.race([once(socket, 'drain'), closed])
  }
}
