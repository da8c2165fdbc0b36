import { spawn } from 'node:child_process'
import { once } from 'node:events'
import net from 'node:net'
import t, { type Test as Tap } from 'tap'
import { TargetError } from '../target-error.ts'
import { runningCount, spawnOwned } from './processes.ts'

const node = process.execPath

/** A program that holds a connection to `port`: the system closes it when the program ends. */
const holdsLine = (port: number) => `require('node:net').connect(${port}, '127.0.0.1').resume()`

/** A program that starts such a program in its group. */
const leavesChild = (port: number) =>
  `require('node:child_process').spawn(process.execPath, ['-e', ${JSON.stringify(holdsLine(port))}], { stdio: 'inherit' }); setInterval(() => {}, 1000)`

t.test('a program that is missing is told by name, with what to try', async t => {
  const error = await spawnOwned(['no-such-program-here', 'x']).catch(error => error)
  t.ok(error instanceof TargetError)
  t.equal(error.code, 'PROGRAM_MISSING')
  t.match(error.message, /no program called no-such-program-here/)
  t.equal(runningCount(), 0)
})

t.test('what a process wrote last and how it ended can be asked', async t => {
  const owned = await spawnOwned([
    node,
    '-e',
    'console.log("out"); console.error("err"); process.exitCode = 7',
  ])
  t.same(await owned.ended, { code: 7, signal: null })
  t.same(owned.ending(), { code: 7, signal: null })
  t.match(owned.tail(), /out/)
  t.match(owned.tail(), /err/)
})

t.test('the tail of a flood stays small', async t => {
  const owned = await spawnOwned([node, '-e', 'process.stdout.write("x".repeat(1e6) + "end")'])
  await owned.ended
  t.ok(owned.tail().length <= 4000)
  t.ok(owned.tail().endsWith('end'))
})

t.test('a process that ignores TERM is killed when its grace is over', async t => {
  const owned = await spawnOwned([
    node,
    '-e',
    'process.on("SIGTERM", () => {}); setInterval(() => {}, 1000); console.log("up")',
  ])
  await once(owned.stdout, 'data')
  t.same(await owned.stop(50), { code: null, signal: 'SIGKILL' })
})

t.test('children end with the process that started them, stopped or ended by itself', async t => {
  for (const end of ['stop', 'kill'] as const) {
    const { port, line } = await lineOf(t)
    const owned = await spawnOwned([node, '-e', leavesChild(port)])
    const child = await line
    if (end === 'stop') await owned.stop()
    // Only the parent: the group must follow.
    else process.kill(owned.pid, 'SIGKILL')
    await Promise.all([owned.ended, closed(child)])
    t.ok(owned.ending(), end)
  }
  t.equal(runningCount(), 0)
})

t.test(
  'a descendant that left the group cannot keep us waiting',
  { skip: process.platform === 'win32' },
  async t => {
    const { port, line } = await lineOf(t)
    const escapes = `require('node:child_process').spawn(process.execPath, ['-e', ${JSON.stringify(holdsLine(port))}], { stdio: ['ignore', 'inherit', 'inherit'], detached: true }).unref(); process.stdin.once('data', () => process.exit())`
    const owned = await spawnOwned([node, '-e', escapes], { input: true })
    const escaped = await line
    // Not before: on Linux the descendant ends with it.
    owned.stdin?.write('end\n')
    t.same(await owned.ended, { code: 0, signal: null })
    // Only Linux lets it be found; elsewhere the connection is all that keeps it alive.
    if (process.platform === 'linux') await closed(escaped)
    else escaped.destroy()
  },
)

t.test('writing to a process that has ended is no error', async t => {
  const owned = await spawnOwned([node, '-e', ''], { input: true })
  await owned.ended
  owned.stdin?.write('too late\n')
  await new Promise(resolve => setImmediate(resolve))
  t.pass('nothing was thrown')
})

t.test('a signal that ends us ends what we started', async t => {
  const processes = new URL('./processes.ts', import.meta.url).href
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGKILL'] as const) {
    const { port, line } = await lineOf(t)
    const script = `
      import { spawnOwned } from ${JSON.stringify(processes)}
      await spawnOwned([process.execPath, '-e', ${JSON.stringify(holdsLine(port))}])
      setInterval(() => {}, 1000)
    `
    const us = spawn(node, ['--import=tsx', '--input-type=module', '-e', script])
    const child = await line
    us.kill(signal)
    const [[, how]] = await Promise.all([once(us, 'exit'), closed(child)])
    t.equal(how, signal)
  }
})

t.test(
  'what left its group and its session ends with us, also at SIGKILL',
  { skip: process.platform === 'linux' ? false : 'only Linux lets it be found' },
  async t => {
    const processes = new URL('./processes.ts', import.meta.url).href
    const { port, line } = await lineOf(t)
    const escapes = `require('node:child_process').spawn(process.execPath, ['-e', ${JSON.stringify(holdsLine(port))}], { stdio: 'ignore', detached: true }).unref(); setInterval(() => {}, 1000)`
    const script = `
      import { spawnOwned } from ${JSON.stringify(processes)}
      await spawnOwned([process.execPath, '-e', ${JSON.stringify(escapes)}])
      setInterval(() => {}, 1000)
    `
    const us = spawn(node, ['--import=tsx', '--input-type=module', '-e', script])
    const escaped = await line
    us.kill('SIGKILL')
    await Promise.all([once(us, 'exit'), closed(escaped)])
    t.pass('the connection is closed')
  },
)

/** A port on loopback and the first connection to it. */
async function lineOf(t: Tap): Promise<{ port: number; line: Promise<net.Socket> }> {
  const server = net.createServer()
  const line = once(server, 'connection').then(([socket]) => {
    socket.on('error', () => undefined)
    return socket.resume()
  })
  await once(server.listen(0, '127.0.0.1'), 'listening')
  t.teardown(() => server.close())
  return { port: (server.address() as net.AddressInfo).port, line }
}

function closed(socket: net.Socket): Promise<unknown> {
  return socket.closed ? Promise.resolve() : new Promise(resolve => socket.once('close', resolve))
}
