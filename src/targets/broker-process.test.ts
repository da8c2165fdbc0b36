import { readdirSync } from 'node:fs'
import { createServer, type Server } from 'node:net'
import t from 'tap'
import { startBroker } from './broker-process.ts'
import { runningCount } from './process/processes.ts'
import type { Profile } from './profile.ts'

const profile = (command: string[]): Profile => ({
  name: 'absent',
  role: 'broker',
  versions: ['3.1.1'],
  start: { command },
  install: 'apt-get install $here/absent',
})

t.test('a broker that is not there is named with how to get it', async t => {
  for (const command of [['no-such-broker'], ['node', '--eval', 'process.exit(3)']]) {
    await t.rejects(startBroker(profile(command), { here: '/shelf', budgetMs: 2000 }), {
      name: 'TargetError',
      message: /\nto get it: apt-get install \/shelf\/absent$/,
    })
  }
})

/* Answers CONNECT until it is told to stop; started again in the same folder it lives and answers nobody. */
const onceOnly = `
const { existsSync, writeFileSync } = require('node:fs')
const { createServer } = require('node:net')
const again = existsSync('mark')
writeFileSync('mark', '')
createServer(socket => socket.on('data', () => again || socket.write(Buffer.from([0x20, 2, 0, 0])))).listen(process.argv[1], '127.0.0.1')
`

t.test('a broker that is stopped while it is started again leaves nothing behind', async t => {
  const running = runningCount()
  const broker = await startBroker(
    { ...profile([]), start: { command: ['node', '--eval', onceOnly, '$port'], readyS: 600 } },
    { here: '/shelf', budgetMs: 2000 },
  )
  const restarting = t.rejects(() => broker.restart?.('kill') ?? Promise.resolve(), {
    message: /was stopped/,
  })
  await broker.stop()
  await restarting
  t.equal(runningCount(), running)
})

t.test('a broker that is renewed has nothing stored', async t => {
  const broker = await startBroker(
    { ...profile([]), start: { command: ['node', '--eval', onceOnly, '$port'], readyS: 600 } },
    { here: '/shelf', budgetMs: 2000 },
  )
  t.teardown(() => broker.stop())
  const { address } = broker
  await broker.renew?.()
  t.equal(broker.address, address)
  t.equal(broker.death(), undefined)
})

/* Serves; started again in the same folder it ends after a moment. */
const neverAgain = `
const { existsSync, writeFileSync } = require('node:fs')
if (existsSync('mark')) setTimeout(() => process.exit(3), 500)
else {
  writeFileSync('mark', '')
  require('node:net').createServer(socket => socket.on('data', () => socket.write(Buffer.from([0x20, 2, 0, 0])))).listen(process.argv[1], '127.0.0.1')
}
`

t.test('a broker that does not serve again is told from one whose port was taken', async t => {
  const start = { command: ['node', '--eval', neverAgain, '$port'], readyS: 600 }
  const options = { here: '/shelf', budgetMs: 2000 }
  const own = await startBroker({ ...profile([]), start }, options)
  t.teardown(() => own.stop())
  await t.rejects(own.restart?.('kill') ?? Promise.resolve(), { code: 'TARGET_NOT_BACK' })

  const robbed = await startBroker({ ...profile([]), start }, options)
  t.teardown(() => robbed.stop())
  const restarting = t.rejects(robbed.restart?.('kill') ?? Promise.resolve(), {
    code: 'TARGET_NOT_READY',
  })
  const thief = await takePort(Number(robbed.address.split(':').at(-1)))
  t.teardown(() => thief.close())
  await restarting
})

t.test('a broker that runs and serves nobody costs the budget for a start once', async t => {
  const folder = t.testdir()
  const deaf = `require('node:fs').writeFileSync('${folder}/' + process.pid, ''); setInterval(() => 0, 1000)`
  const start = { command: ['node', '--eval', deaf] }
  await t.rejects(startBroker({ ...profile([]), start }, { here: '/shelf', budgetMs: 1000 }), {
    code: 'TARGET_NOT_READY',
  })
  t.equal(readdirSync(folder).length, 1, 'it was started once')
})

/** Listens there as soon as it can. */
async function takePort(port: number): Promise<Server> {
  for (;;) {
    const server = createServer(socket => socket.destroy())
    const taken = await new Promise(resolve => {
      server.once('error', () => resolve(false))
      server.listen(port, '127.0.0.1', () => resolve(true))
    })
    if (taken) return server
    await new Promise(resolve => setTimeout(resolve, 5))
  }
}
