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
if (behaviour !== 'judged') process.stdout.write('going\n')

type OnData = (socket: net.Socket, bytes: Buffer) => void

/** @param from One of the addresses of loopback. */
function dial(first: Uint8Array, onData?: OnData, from = '127.0.0.1'): net.Socket {
  const where = from === '127.0.0.1' ? {} : { localAddress: from }
  const socket = net.connect({ host: '127.0.0.1', port, noDelay: true, ...where })
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

/** Writes `bytes`, and again the bytes that `next` gives, as they are taken; over a new connection where one ends. */
function keepSending(
  name: string,
  next: () => Uint8Array | undefined,
  from?: string,
  how: { again: boolean } = { again: true },
): void {
  const socket = dial(connect({ clientId: name, clean: false }), undefined, from)
  const pour = () => {
    while (!socket.destroyed && socket.writable) {
      const bytes = next()
      if (bytes === undefined || !socket.write(bytes)) return
    }
  }
  socket.on('drain', pour)
  pour()
  socket.on('close', () => {
    if (how.again) setTimeout(() => keepSending(name, next, from), 100)
  })
}

/** A message under every identifier, a hundred at a time. */
const everyId = behaviour === 'every-id' ? Array.from({ length: 655 }, (_, i) => hundred(i)) : []

function hundred(index: number): Buffer {
  const topic = 'x'.repeat(300)
  const all = Array.from({ length: 100 }, (_, n) =>
    publish(4, { topic, qos: 2, id: 100 * index + n + 1, bytes: 4 }),
  )
  return Buffer.concat(all)
}

/** So many clients, from more than one address: one has room for 600. */
const addressOf = (index: number) => `127.0.0.${1 + (index % 4)}`

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
  case 'unfinished': {
    // 600 packets that announce 4 MiB each and lack their last byte.
    const whole = publish(4, { bytes: 4 * 1024 * 1024 - 20 })
    const lacking = whole.subarray(0, whole.length - 1)
    for (let i = 0; i < 600; i++) keepLacking(`lacks${i}`, lacking, addressOf(i))
    break
  }
  case 'unfinished-connects': {
    // As many as may say nothing, of many addresses, a byte at a time.
    const whole = Buffer.concat([Buffer.of(0x10, 0xff, 0xff, 0x0f), Buffer.alloc(262_143)])
    for (let i = 0; i < 600; i++) {
      const socket = dial(Buffer.alloc(0), undefined, `127.0.0.${1 + (i % 20)}`)
      drip(socket, whole.subarray(0, whole.length - 1))
    }
    break
  }
  case 'every-id':
    // Each begins an exchange under every identifier and ends none.
    for (let i = 0; i < 600; i++) {
      let at = 0
      // All send the same, so that making it costs this process no time.
      const next = () => everyId[at++]
      keepSending(`begins${i}`, next, addressOf(i), { again: false })
    }
    break
  case 'much-wrong':
    // Everything that they send is wrong, and says so at length.
    for (let i = 0; i < 900; i++) {
      const text = 'y'.repeat(1000)
      const wrong = Array.from({ length: 250 }, (_, round) =>
        publish(4, { topic: `${round}/${text}`, qos: 2, id: 5, bytes: 500 }),
      )
      const socket = dial(connect({ clientId: `wrong${i}`, clean: false }), undefined, addressOf(i))
      socket.write(Buffer.concat(wrong))
      if (i % 50 === 0) await new Promise(resolve => setTimeout(resolve, 50))
    }
    break
  case 'many-filters':
    for (let i = 0; i < 600; i++) {
      let round = 0
      const next = () => {
        round += 1
        return round > 200
          ? undefined
          : Buffer.concat(
              Array.from({ length: 50 }, (_, n) => {
                return subscribe(4, `${round}/${n}/${'z'.repeat(1000)}`, 1)
              }),
            )
      }
      keepSending(`subscribes${i}`, next, addressOf(i), { again: false })
    }
    break
  case 'many-passwords':
    // A secret is remembered, so that it is hidden where it comes again.
    for (let i = 0; i < 200; i++) keepConfiding(`confides${i}`, 0, addressOf(i))
    break
  case 'distinct':
    // Messages of days in seconds: no two alike, each to its end.
    for (let i = 0; i < 20; i++) {
      let number = 0
      const next = () => {
        const some = Array.from({ length: 50 }, () => {
          number += 1
          const id = (number % 60_000) + 1
          const topic = `soak/${i}/${number}`
          const released = packet(0x62, Buffer.of(id >> 8, id & 0xff))
          return Buffer.concat([publish(4, { topic, qos: 2, id, bytes: 20 }), released])
        })
        return Buffer.concat(some)
      }
      keepSending(`soaks${i}`, next, addressOf(i))
    }
    break
  case 'judged':
    judged()
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
    // Half of them say nothing, flood or stop in the middle of a CONNECT.
    for (let i = 0; i < 500; i++) {
      if (i % 2 === 0) good(`good${i}`)
      else if (i % 4 === 1) dial(Buffer.alloc(0))
      else if (i % 8 === 3)
        flood(dial(connect({ clientId: `bad${i}` })), many(publish(4, { bytes: 100 })))
      else dial(Buffer.from('10ff', 'hex'))
    }
    break
  default:
    throw new RangeError(`no behaviour is called ${behaviour}`)
}

/** The judged client among others: asks a hundred times, one after the other, and says then how long it waited at most. */
function judged(): void {
  const asks = 100
  let answers = 0
  let longestMs = 0
  let askedMs = performance.now()
  dial(connect({ clientId: 'judged', level: 4 }), socket => {
    longestMs = Math.max(longestMs, performance.now() - askedMs)
    answers += 1
    if (answers > asks) {
      process.stdout.write(`${JSON.stringify({ answers, longestMs })}\n`)
      socket.end(Buffer.concat([publish(4, { topic: 'good', bytes: 4 }), Buffer.of(0xe0, 0)]))
      return
    }
    askedMs = performance.now()
    socket.write(Buffer.of(0xc0, 0))
  })
}

function keepLacking(name: string, lacking: Uint8Array, from: string): void {
  const socket = dial(connect({ clientId: name }), undefined, from)
  socket.write(lacking)
  socket.on('close', () => setTimeout(() => keepLacking(name, lacking, from), 200))
}

/** A byte, and the rest in small pieces, each a read of its own. */
function drip(socket: net.Socket, bytes: Uint8Array): void {
  let at = 0
  const timer = setInterval(() => {
    if (at >= bytes.length || socket.destroyed) return clearInterval(timer)
    socket.write(bytes.subarray(at, at + 1000))
    at += 1000
  }, 20)
}

function keepConfiding(name: string, round: number, from: string): void {
  const password = `${name} ${round} ${'p'.repeat(60_000)}`
  const socket = dial(connect({ clientId: name, username: 'u', password }), undefined, from)
  setTimeout(() => socket.destroy(), 60)
  socket.on('close', () => keepConfiding(name, round + 1, from))
}

async function keepEveryTopic(): Promise<void> {
  const socket = dial(connect({ clientId: 'keeper' }))
  const closed = once(socket, 'close')
  for (let i = 0; !socket.destroyed; i++) {
    const taken = socket.write(packet(0x31, text(`kept/${i}`), Buffer.alloc(4096, 0x78)))
    if (!taken) await Promise.race([once(socket, 'drain'), closed])
  }
}
