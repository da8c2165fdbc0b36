import { spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import net from 'node:net'
import os from 'node:os'
import path from 'node:path'
import t from 'tap'
import { openTarget } from '../targets/index.ts'
import { freePorts } from '../targets/process/free-port.ts'
import { spawnOwned } from '../targets/process/processes.ts'
import { dial } from './dial.ts'
import { proxyHeader } from './proxy-header.ts'

const four = {
  from: { address: '192.168.1.7', port: 50_000 },
  to: { address: '10.0.0.1', port: 1883 },
}
const six = { from: { address: '2001:db8::7', port: 1 }, to: { address: '::1', port: 65_535 } }

t.test('version 1 is one line of text', async t => {
  t.equal(String(proxyHeader('v1', four)), 'PROXY TCP4 192.168.1.7 10.0.0.1 50000 1883\r\n')
  t.equal(String(proxyHeader('v1', six)), 'PROXY TCP6 2001:db8::7 ::1 1 65535\r\n')
})

t.test('version 2 is binary, and says the length of what follows', async t => {
  const signature = '0d0a0d0a000d0a515549540a'
  t.equal(
    Buffer.from(proxyHeader('v2', four)).toString('hex'),
    `${signature}2111000cc0a801070a000001c350075b`,
  )
  t.equal(
    Buffer.from(proxyHeader('v2', six)).toString('hex'),
    `${signature}21210024${'20010db8'}${'00'.repeat(11)}07${'00'.repeat(15)}010001ffff`,
  )
})

t.test('the header of a connection comes first and tells the truth about it', async t => {
  const server = net.createServer()
  await once(server.listen(0, '127.0.0.1'), 'listening')
  t.teardown(() => server.close())
  const { port } = server.address() as net.AddressInfo
  const [[socket], stream] = (await Promise.all([
    once(server, 'connection'),
    dial({ transport: 'tcp', host: '127.0.0.1', port, proxyHeader: 'v1' }, { timeoutMs: 5000 }),
  ])) as [[net.Socket], net.Socket]
  t.teardown(() => stream.destroy())
  const [first] = await once(socket, 'data')
  t.equal(String(first), `PROXY TCP4 127.0.0.1 127.0.0.1 ${stream.localPort} ${port}\r\n`)
})

const missing = [
  ['haproxy', '-v'],
  ['mosquitto', '-h'],
].find(([name = '', word = '']) => spawnSync(name, [word]).error)?.[0]

t.test(
  'HAProxy takes the header and lets us through to a broker, and nobody without it',
  {
    skip: missing ? `${missing} is not installed` : false,
  },
  async t => {
    const dir = mkdtempSync(path.join(os.tmpdir(), 'mqttspec-haproxy-'))
    t.teardown(() => rmSync(dir, { recursive: true, force: true }))
    const broker = await openTarget('mosquitto', {
      connectMs: 5000,
      replyMs: 5000,
      startMs: 10_000,
    })
    t.teardown(() => broker.stop())
    const [port = 0] = await freePorts(1)
    const behind = broker.address.replace('mqtt://', '')
    writeFileSync(
      path.join(dir, 'haproxy.cfg'),
      `defaults\n  mode tcp\n  timeout connect 5s\n  timeout client 60s\n  timeout server 60s\nlisten mqtt\n  bind 127.0.0.1:${port} accept-proxy\n  server broker ${behind}\n`,
    )
    const haproxy = await spawnOwned(['haproxy', '-db', '-f', path.join(dir, 'haproxy.cfg')], {
      cwd: dir,
    })
    t.teardown(() => haproxy.stop())
    const wish = `mqtt://127.0.0.1:${port}`
    const budgets = { connectMs: 5000, replyMs: 2000, startMs: 10_000 }
    for (const version of ['v1', 'v2'] as const) {
      const target = await openTarget(wish, { ...budgets, reach: { proxyHeader: version } })
      t.equal(target.address, wish, `through, with ${version}`)
      await target.stop()
    }
    await t.rejects(openTarget(wish, budgets), { code: 'TARGET_UNREACHABLE' })
  },
)
