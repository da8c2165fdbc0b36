import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { createReadStream, existsSync, writeFileSync } from 'node:fs'
import http from 'node:http'
import net from 'node:net'
import path from 'node:path'
import tls from 'node:tls'
import t from 'tap'
import { openTarget } from '../targets/index.ts'
import { packagedFirmware } from '../targets/micropython/firmware.ts'
import { createAuthority } from '../transport/certificates.ts'

/*
 * What the simulated board lacks, on MicroPython for Unix, whose `ssl`, `mip` and `asyncio` are those of a board: $MICROPYTHON, or `micropython`
 * on PATH. Not run where there is none.
 */
const program = process.env.MICROPYTHON ?? 'micropython'
const skip = spawnSync(program, ['-c', 'import ssl, mip']).status === 0 ? false : `no ${program}`
const limitMs = 60_000
const budgets = { connectMs: 5000, replyMs: 5000, startMs: 20_000 }
const library = path.join(packagedFirmware, 'lib')

/** The embedded broker. */
async function openBroker(t: Tap): Promise<URL> {
  const broker = await openTarget('aedes', budgets)
  t.teardown(() => broker.stop())
  return new URL(broker.address)
}

/** What the program printed, once it has ended. */
async function python(code: string, folders: string[]): Promise<string[]> {
  const paths = `import sys\nsys.path[:0] = ${JSON.stringify(folders)}\n`
  const child: ChildProcess = spawn(program, ['-c', paths + code])
  const timer = setTimeout(() => child.kill('SIGKILL'), limitMs)
  let output = ''
  for (const stream of [child.stdout, child.stderr])
    stream?.on('data', (bytes: Buffer) => {
      output += bytes
    })
  await once(child, 'close')
  clearTimeout(timer)
  return output.trim().split('\n')
}

t.test(
  'TLS with a certificate on both sides, QoS 2 each way, and a will at QoS 2',
  { skip },
  async t => {
    const upstream = await openBroker(t)
    const { ca, issue } = await createAuthority()
    const [server, client] = [
      await issue({ names: ['localhost'] }),
      await issue({ names: ['pico'] }),
    ]
    const seen: string[] = []
    const door = tls.createServer({ ca, ...server, requestCert: true }, socket => {
      seen.push(String(socket.getPeerCertificate().subject.CN))
      const onwards = net.connect(Number(upstream.port), upstream.hostname)
      socket.pipe(onwards).pipe(socket)
      socket.on('error', () => onwards.destroy())
      onwards.on('error', () => socket.destroy())
    })
    await once(door.listen(0, '127.0.0.1'), 'listening')
    t.teardown(() => door.close())
    const folder = t.testdir()
    const other = (await createAuthority()).ca
    const files = {
      'ca.der': ca,
      'other.der': other,
      'client.der': client.cert,
      'client.key': client.key,
    }
    for (const [name, pem] of Object.entries(files))
      writeFileSync(path.join(folder, name), derOf(pem))
    const lines = await python(
      `
import ssl
from umqtt2.client import MQTTClient
from umqtt2.journal import Journal
def context(trust, own):
    c = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    c.verify_mode = ssl.CERT_REQUIRED
    c.load_verify_locations(cafile='${folder}/' + trust)
    if own: c.load_cert_chain('${folder}/client.der', '${folder}/client.key')
    return c
def client(name, trust='ca.der', own=True, **more):
    return MQTTClient(name, 'localhost', ${portOf(door)}, ssl=context(trust, own), **more)
got = []
c = client('pico', journal=Journal('${folder}/journal'))
c.set_callback(lambda topic, msg: got.append((topic, len(msg), c.op >> 1 & 3)))
print(c.connect())
c.subscribe('in/#', 2)
c.publish('in/long', 'x' * 7000, qos=2)
while len(got) < 1 or c.store.inbound: c.wait_msg()
other = client('other')
other.set_last_will('in/gone', 'bye', False, 2)
other.connect()
other.close()
while len(got) < 2 or c.store.inbound: c.wait_msg()
print(got, c.pending())
c.disconnect()
for how in (('other.der', True), ('ca.der', False)):
    try: print(client('refused', *how).connect())
    except (OSError, ValueError): print('refused')
`,
      [library],
    )
    t.same(lines, ['0', "[(b'in/long', 7000, 2), (b'in/gone', 3, 2)] 0", 'refused', 'refused'])
    t.same(seen, ['pico', 'pico'])
  },
)

t.test('mip installs the library by its manifest, and its asyncio part runs', { skip }, async t => {
  const broker = await openBroker(t)
  const web = http.createServer((request, response) => {
    const file = path.join(library, request.url ?? '')
    if (existsSync(file)) return void createReadStream(file).pipe(response)
    response.writeHead(404).end()
  })
  await once(web.listen(0, '127.0.0.1'), 'listening')
  t.teardown(() => web.close())
  const folder = t.testdir()
  const lines = await python(
    `
import mip
mip.install('http://127.0.0.1:${portOf(web)}/umqtt2/package.json', target='${folder}')
import asyncio
from umqtt2.aio import Client
from umqtt2.journal import Journal
async def main():
    async with Client('pico', '${broker.hostname}', ${broker.port}, keepalive=60, journal=Journal('${folder}/journal')) as c:
        print(await c.subscribe('pico/#', 2), c.isconnected())
        await c.publish('pico/count', '1', qos=2)
        async for topic, msg, retained in c:
            print(topic, msg, retained)
            break
        c.mqtt.close()
        await c.down.wait()
        await c.publish('pico/count', '2', qos=2)
        async for topic, msg, retained in c:
            print(topic, msg, retained)
            break
    print(c.isconnected())
asyncio.run(main())
`,
    [folder],
  )
  t.same(lines.slice(-4), [
    '2 True',
    "b'pico/count' b'1' False",
    "b'pico/count' b'2' False",
    'False',
  ])
  t.match(lines.join('\n'), /umqtt2\/aio.py/)
})

function derOf(pem: string): Buffer {
  return Buffer.from(pem.replace(/-----[^-]+-----/g, ''), 'base64')
}

function portOf(server: net.Server | http.Server): number {
  return (server.address() as net.AddressInfo).port
}

type Tap = Pick<typeof t, 'teardown' | 'testdir'>
