import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import net from 'node:net'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import t from 'tap'
import { runningCount } from '../process/processes.ts'
import type { Profile } from '../profile.ts'
import { TargetError, type TargetErrorCode } from '../target-error.ts'
import { Adapter, type AdapterBudgets, connectAdapter, startAdapter } from './adapter.ts'
import { startClient } from './client-library.ts'
import type { LineEndpoint } from './lines.ts'

const hello = { name: 'x', version: '1', versions: ['3.1.1'], can: ['connect'], reconnects: 'self' }

/** An adapter in memory: `answer` says what it writes for a command. */
function memory(answer: (command: { id: number; do: string }) => (object | string)[]) {
  let listener: (line: string) => void = () => undefined
  let end: (reason: string) => void = () => undefined
  const lines: LineEndpoint = {
    send: line => {
      for (const said of answer(JSON.parse(line))) {
        queueMicrotask(() => listener(typeof said === 'string' ? said : JSON.stringify(said)))
      }
    },
    onLine: given => {
      listener = given
    },
    onEnd: given => {
      end = given
    },
    stop: async () => undefined,
  }
  return {
    lines,
    say: (line: object) => listener(JSON.stringify(line)),
    end: () => end('closed the port'),
  }
}

t.test('hello is read, logs in between are passed over', async t => {
  const { lines } = memory(({ id }) => ['starting up', { event: 'ready' }, { id, ok: hello }])
  const adapter = await connectAdapter(lines, 'memory')
  // It says no protocol, so what the first one takes for granted is added.
  const granted = ['told-published', 'told-subscribed', 'told-unsubscribed', 'retain']
  t.same(adapter.hello, { ...hello, can: [...hello.can, ...granted] })
})

t.test('answers come in any order, events go to the client they name, app by default', async t => {
  const held: object[] = []
  const { lines, say } = memory(({ id, do: what }) => {
    if (what === 'hello') return [{ id, ok: hello }]
    held.unshift({ id, ok: { was: what } })
    return held.length === 2 ? held : []
  })
  const adapter = await connectAdapter(lines, 'memory')
  const seen: string[] = []
  const one = adapter.client('one')
  one.onEvent(event => seen.push(`one ${event.event}`))
  adapter.client('app').onEvent(event => seen.push(`app ${event.event}`))
  const answers = Promise.all([one.command('connect', {}), one.command('publish', {})])
  say({ event: 'connected', client: 'one' })
  say({ event: 'connected' })
  say({ event: 'connected', client: 'nobody' })
  t.same(await answers, [
    { ok: true, was: 'connect' },
    { ok: true, was: 'publish' },
  ])
  t.same(seen, ['one connected', 'app connected'])
})

t.test('a refusal of the adapter is an answer, not a failure', async t => {
  const { lines } = memory(({ id, do: what }) =>
    what === 'hello' ? [{ id, ok: hello }] : [{ id, error: 'unsupported' }],
  )
  const adapter = await connectAdapter(lines, 'memory')
  t.same(await adapter.client('a').command('subscribe', {}), { ok: false, error: 'unsupported' })
})

t.test('the end of the lines rejects all that waits and all that comes', async t => {
  const { lines, end } = memory(({ id, do: what }) => (what === 'hello' ? [{ id, ok: hello }] : []))
  const adapter = await connectAdapter(lines, 'memory')
  const waiting = adapter.command('connect', {})
  end()
  await t.rejects(waiting, { code: 'ADAPTER_DIED', message: /closed the port/ })
  await t.rejects(adapter.command('connect', {}), { code: 'ADAPTER_DIED' })
})

t.test('an answer nobody asked for, or without ok and error, breaks the adapter', async t => {
  for (const answer of [{ id: 99, ok: {} }, { id: 2 }, { id: 2, ok: true }]) {
    const { lines } = memory(({ id, do: what }) =>
      what === 'hello' ? [{ id, ok: hello }] : [answer],
    )
    const adapter = await connectAdapter(lines, 'memory')
    await t.rejects(adapter.command('connect', {}), { code: 'ADAPTER_BROKEN' })
  }
})

for (const [program, file] of [
  [process.execPath, 'template.js'],
  ['python3', 'template.py'],
] as const) {
  t.test(`${file} runs as it stands`, async t => {
    const adapter = await startAdapter({ command: [program, fixture(file)] }).catch(error => error)
    if (!(adapter instanceof Adapter)) {
      if (adapter.code !== 'PROGRAM_MISSING') throw adapter
      return t.pass('not run', { skip: `${program} is not installed` })
    }
    t.teardown(() => adapter.stop())
    await adapter.qualify()
    const client = adapter.client('c1-app')
    const told: string[] = []
    client.onEvent(event => told.push(event.event))
    await client.command('connect', { host: 'h', port: 1, version: '3.1.1', session: 'kept' })
    await client.command('subscribe', { filter: 'a', qos: 2, tag: 's' })
    await client.command('publish', { topic: 'a', qos: 2, payload: 'ä', tag: 'm' })
    await client.ping()
    t.same(told, ['connected', 'subscribed', 'delivered', 'published'])
    t.ok(readFileSync(fixture(file), 'utf8').split('\n').length <= 161, 'at most 160 lines')
    await client.stop()
    t.match(await client.command('publish', { topic: 'a' }), { ok: false })
  })
}

/** How each adapter in fixtures/targets/clients/bad fails: the code, and what the message must tell. */
const failures: [file: string, code: TargetErrorCode, tells: RegExp][] = [
  [
    'crashes-at-start',
    'ADAPTER_NOT_STARTED',
    /ended with exit code 1 before it answered hello[\s\S]*libwonderful/,
  ],
  ['never-answers', 'ADAPTER_SILENT', /no answer to hello in 500 ms\.\nIt wrote nothing/],
  [
    'no-json',
    'ADAPTER_SILENT',
    /what it wrote are no JSON lines\.\nIt wrote last:\n {2}got \{"id":1,"do":"hello"\}, thank you/,
  ],
  ['wrong-hello', 'ADAPTER_BROKEN', /hello with \{"ok":\{"name"[\s\S]*"versions" holds "4"/],
  ['floods-lines', 'ADAPTER_BROKEN', /floods its output[\s\S]*DEBUG poll/],
  [
    'floods-one-line',
    'ADAPTER_NOT_STARTED',
    /wrote a line of more than 1048576 characters[\s\S]*\.{500}…/,
  ],
  ['floods-events', 'ADAPTER_BROKEN', /floods its output: more than 100000 events/],
  [
    'hangs',
    'ADAPTER_SILENT',
    /no answer to \{"do":"unknown-[\s\S]* in 500 ms[\s\S]*Every command is answered/,
  ],
  ['closes-output', 'ADAPTER_DIED', /closed its standard output although nobody asked it to/],
  ['crashes-later', 'ADAPTER_DIED', /although nobody asked it to[\s\S]*inflight >= 0/],
  [
    'agrees-to-all',
    'ADAPTER_BROKEN',
    /unknown command[\s\S]*with \{"ok":\{\}\}, not with \{"error":"unsupported"\}/,
  ],
  ['wrong-nonce', 'ADAPTER_BROKEN', /answered ping with \{"ok":\{\}\}, not with \{"ok":\{"nonce"/],
]

t.test('every bad adapter fails clearly, within its budget, and leaves no process', async t => {
  // Short only where silence is what is tested: a busy machine must not make another failure look like silence.
  const budgets: { [file: string]: Partial<AdapterBudgets> } = {
    'never-answers': { helloMs: 500 },
    'no-json': { helloMs: 3000 },
    hangs: { answerMs: 500 },
  }
  const errors = await Promise.all(failures.map(([file]) => broken(file, budgets[file] ?? {})))
  for (const [i, [file, code, tells]] of failures.entries()) {
    const error = errors[i]
    t.ok(error instanceof TargetError, file)
    t.equal(error?.code, code, file)
    t.match(error?.message, tells, file)
    t.match(error?.message, new RegExp(`${file}\\.js`), 'names the command')
  }
  t.equal(runningCount(), 0)
})

t.test('a profile says how long its adapter may take to answer', async t => {
  const profile: Profile = {
    name: 'slow',
    role: 'client',
    versions: ['3.1.1'],
    adapter: { command: [process.execPath, bad('hangs')] },
    timing: { answerMs: 300 },
  }
  const here = path.dirname(bad('hangs'))
  await t.rejects(startClient(profile, { here }), { message: /in 300 ms/ })
})

t.test('a helper that an adapter leaves behind ends with it', async t => {
  const server = net.createServer()
  await once(server.listen(0, '127.0.0.1'), 'listening')
  t.teardown(() => server.close())
  const port = (server.address() as net.AddressInfo).port
  const adapter = await startAdapter({
    command: [process.execPath, bad('leaves-child')],
    env: { HELD_PORT: String(port) },
  })
  const [held] = await once(server, 'connection')
  const ended = new Promise(resolve =>
    held
      .on('error', () => undefined)
      .resume()
      .once('close', resolve),
  )
  await t.rejects(adapter.qualify(), { code: 'ADAPTER_DIED' })
  await ended
  await adapter.stop()
  t.equal(runningCount(), 0)
})

/** Starts and qualifies an adapter of fixtures/targets/clients/bad; gives what went wrong. */
async function broken(file: string, budgets: Partial<AdapterBudgets>): Promise<TargetError> {
  const command = [process.execPath, bad(file)]
  const adapter = await startAdapter({ command, budgets }).catch(error => error)
  if (!(adapter instanceof Adapter)) return adapter
  const error = await adapter.qualify().catch(error => error)
  await adapter.stop()
  return error
}

function bad(file: string): string {
  return fixture(`bad/${file}.js`)
}

function fixture(file: string): string {
  return fileURLToPath(new URL(`../../../fixtures/targets/clients/${file}`, import.meta.url))
}
