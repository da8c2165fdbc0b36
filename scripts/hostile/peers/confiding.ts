import net from 'node:net'
import { connect, packet, sized, text } from '../packets.ts'

/*
 * node confiding.ts PORT BEHAVIOUR SEEDS: a client that tells `mqttspec listen` its secrets, in a CONNECT that is right or in one of the
 * ways in which none is.
 */
const [portText = '', behaviour = '', seedsText = '{}'] = process.argv.slice(2)
const seeds = JSON.parse(seedsText) as { [name: string]: string }
const username = seeds.user ?? ''
const password = seeds.password ?? ''
const port = Number(portText)
setTimeout(() => process.exit(), 1000)
process.stdout.write('going\n')

const plain = { clientId: 'confiding', username, password }
const properties = Buffer.concat([
  Buffer.of(0x15),
  text('SCRAM'),
  Buffer.of(0x16),
  text(seeds.authentication ?? ''),
])
const auth = { ...plain, level: 5 as const, properties }

switch (behaviour) {
  case 'good':
    say(connect(plain))
    break
  case 'second CONNECT':
    say(Buffer.concat([connect(plain), connect(plain)]))
    say(connect({ ...plain, level: 5 }), connect({ ...plain, level: 5 }))
    break
  case 'reserved flag':
    say(connect({ ...plain, flags: 1 }))
    break
  case 'header flags':
    say(connect({ ...plain, firstByte: 0x13 }))
    break
  case 'another protocol name':
    say(connect({ ...plain, protocolName: 'MQXX' }))
    break
  case 'half a CONNECT': {
    const whole = connect(plain)
    net
      .connect(port, '127.0.0.1')
      .on('error', () => undefined)
      .end(whole.subarray(0, whole.length - 2))
    break
  }
  case 'AUTH':
    say(connect(auth))
    // Behind a CONNECT without a method, where no AUTH is due.
    say(connect({ ...plain, level: 5 }), packet(0xf0, Buffer.of(0x18), sized(properties)))
    say(connect({ ...plain, level: 5 }), packet(0xf3, Buffer.of(0x18), sized(properties)))
    break
}

function say(...packets: Uint8Array[]): void {
  const socket = net.connect(port, '127.0.0.1')
  socket.on('error', () => undefined).resume()
  for (const [index, bytes] of packets.entries()) {
    setTimeout(() => socket.writable && socket.write(bytes), index * 200)
  }
}
