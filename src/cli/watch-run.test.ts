import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import net from 'node:net'
import os from 'node:os'
import path from 'node:path'
import t from 'tap'
import { type Command, commandLine } from '../../fixtures/testing/command-line.ts'
import { createReferenceBroker } from '../../fixtures/testing/peers/broker.ts'

const folder = mkdtempSync(path.join(os.tmpdir(), 'watch-run-'))
t.teardown(() => rmSync(folder, { recursive: true }))

const suite = (title: string) => `suite: mine
title: Mine
role: client
scenarios:
  - id: pings
    title: ${title}
    matrix: { version: [3.1.1] }
    steps:
      - client.connect: {}
      - client.ping:
`

/** A broker that can be stopped, and started at the same address. */
async function brokerAtAddress() {
  const sockets = new Set<net.Socket>()
  let port = 0
  let server: net.Server | undefined
  const start = async () => {
    const broker = createReferenceBroker({})
    server = net.createServer(socket => {
      sockets.add(socket)
      socket.on('error', () => undefined)
      broker.accept(socket)
    })
    server.listen(port, '127.0.0.1')
    await new Promise(resolve => server?.once('listening', resolve))
    port = (server.address() as net.AddressInfo).port
  }
  const stop = async () => {
    const closed = new Promise(resolve => server?.close(resolve))
    for (const socket of sockets) socket.destroy()
    sockets.clear()
    await closed
  }
  await start()
  return { start, stop, address: `mqtt://127.0.0.1:${port}` }
}

/** Resolves once so many runs are over and the next change is waited for. */
async function waitsBehind(command: Command, count: number): Promise<void> {
  while (
    runs(command) < count ||
    !/waiting for a change \(Ctrl-C ends\)\n$/.test(command.stderr())
  ) {
    await new Promise(resolve => setTimeout(resolve, 5))
  }
}

function runs(command: Command): number {
  return command.stdout().split('cases       1 passed').length - 1
}

t.test('--watch runs again when a suite is edited and when the broker was restarted', async t => {
  const broker = await brokerAtAddress()
  t.teardown(() => broker.stop())
  const file = path.join(folder, 'mine.yaml')
  writeFileSync(file, suite('A ping is answered'))
  const command = commandLine(['run', file, '--watch', '--target', broker.address], {
    env: { XDG_CACHE_HOME: folder },
  })
  await waitsBehind(command, 1)
  writeFileSync(file, suite('A ping is answered soon'))
  await waitsBehind(command, 2)
  t.match(command.stderr(), 'mqttspec: mine.yaml was edited\n')
  await broker.stop()
  await broker.start()
  await waitsBehind(command, 3)
  t.match(command.stderr(), /mqttspec: 127\.0\.0\.1 was restarted\n/)
  t.equal(runs(command), 3)
  command.interrupt()
  t.match(await command.ended, { code: 0 })
})

t.test('a broker that is down when a run begins is waited for', async t => {
  const broker = await brokerAtAddress()
  await broker.stop()
  t.teardown(() => broker.stop())
  const file = path.join(folder, 'down.yaml')
  writeFileSync(file, suite('A ping is answered'))
  const command = commandLine(['run', file, '--watch', '--target', broker.address], {
    env: { XDG_CACHE_HOME: folder },
  })
  await waitsBehind(command, 0)
  t.match(command.stderr(), /no MQTT broker answers at/)
  await broker.start()
  await waitsBehind(command, 1)
  t.match(command.stderr(), 'mqttspec: 127.0.0.1 answers again\n')
  command.interrupt()
  t.match(await command.ended, { code: 0 })
})

t.test('what is edited while a run goes on is run behind it', async t => {
  const broker = await brokerAtAddress()
  t.teardown(() => broker.stop())
  const file = path.join(folder, 'while.yaml')
  writeFileSync(file, suite('A ping is answered'))
  const command = commandLine(['run', file, '--watch', '--target', broker.address], {
    env: { XDG_CACHE_HOME: folder },
  })
  await command.says(/1 case/)
  writeFileSync(file, suite('A ping is answered, said while it ran'))
  await waitsBehind(command, 2)
  t.match(command.stderr(), 'mqttspec: while.yaml was edited\n')
  command.interrupt()
  t.match(await command.ended, { code: 0 })
})

t.test('a mistake in the suite is told, and mended', async t => {
  const broker = await brokerAtAddress()
  t.teardown(() => broker.stop())
  const file = path.join(folder, 'mistaken.yaml')
  writeFileSync(file, suite('A ping is answered').replace('client.ping', 'client.pnig'))
  const command = commandLine(['run', file, '--watch', '--target', broker.address], {
    env: { XDG_CACHE_HOME: folder },
  })
  await waitsBehind(command, 0)
  t.match(command.stderr(), 'did you mean "ping"')
  writeFileSync(file, readFileSync(file, 'utf8').replace('pnig', 'ping'))
  await waitsBehind(command, 1)
  command.interrupt()
  t.match(await command.ended, { code: 0 })
})

t.test('--watch needs something that can change', async t => {
  const { code, stderr } = await commandLine(['run', 'qos2', '--watch']).ended
  t.equal(code, 2)
  t.match(stderr, /waits for an edit of suite files, or for a broker at an address/)
})
