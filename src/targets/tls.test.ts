import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import t, { type Test } from 'tap'
import { parseAddress } from '../transport/address.ts'
import { type Authority, createAuthority, type Identity } from '../transport/certificates.ts'
import { externalBroker } from './external.ts'
import { openTarget } from './index.ts'
import { freePorts } from './process/free-port.ts'
import { type OwnedProcess, spawnOwned } from './process/processes.ts'
import type { Profile } from './profile.ts'
import { TargetError } from './target-error.ts'

const without = spawnSync('mosquitto', ['-h']).error ? 'mosquitto is not installed' : false
const budgets = { connectMs: 5000, replyMs: 5000, startMs: 10_000 }
const profile = { name: 'secured', role: 'broker', versions: ['3.1.1'] } as Profile

type Secured = { dir: string; port: number; running: OwnedProcess }

/** Mosquitto with these listener lines behind its certificate. */
async function secured(t: Test, ca: string, own: Identity, lines = ''): Promise<Secured> {
  const dir = mkdtempSync(path.join(os.tmpdir(), 'mqttspec-tls-'))
  t.teardown(() => rmSync(dir, { recursive: true, force: true }))
  const [port = 0] = await freePorts(1)
  const files = { 'ca.pem': ca, 'cert.pem': own.cert, 'key.pem': own.key }
  for (const [name, pem] of Object.entries(files)) writeFileSync(path.join(dir, name), pem)
  const listener = `listener ${port} 127.0.0.1\ncafile ${dir}/ca.pem\ncertfile ${dir}/cert.pem\nkeyfile ${dir}/key.pem`
  writeFileSync(
    path.join(dir, 'm.conf'),
    `user root\nallow_anonymous true\n${listener}\n${lines}\n`,
  )
  const running = await spawnOwned(['mosquitto', '-c', path.join(dir, 'm.conf')], { cwd: dir })
  t.teardown(() => running.stop())
  return { dir, port, running }
}

/** What is said of it, or `serves`. */
async function reached(port: number, tls: { [name: string]: unknown }): Promise<string> {
  const address = parseAddress(`mqtts://127.0.0.1:${port}`)
  const until = Date.now() + 10_000
  for (;;) {
    try {
      const target = await externalBroker(profile, address, {
        ...{ connectMs: 2000, replyMs: 2000, here: '/', reach: { tls } },
      })
      await target.stop()
      return 'serves'
    } catch (error) {
      if (!(error instanceof TargetError)) throw error
      const starting = error.message.includes('ECONNREFUSED') && Date.now() < until
      if (!starting) return error.message
    }
  }
}

t.test(
  'a certificate is taken or refused, and what is wrong with it is said',
  {
    skip: without,
  },
  async t => {
    const authority = await createAuthority()
    const other = await createAuthority('somebody else')
    const names = ['127.0.0.1', 'localhost']
    const caFile = (dir: string) => path.join(dir, 'ca.pem')
    const cases: [what: string, own: Identity, says: RegExp][] = [
      ['good', await authority.issue({ names }), /^serves$/],
      [
        'expired',
        await authority.issue({ names, fromDays: -20, toDays: -1 }),
        /has expired \(CERT_HAS_EXPIRED\)/,
      ],
      ['not valid yet', await authority.issue({ names, fromDays: 5, toDays: 9 }), /not valid yet/],
      ['wrong name', await authority.issue({ names: ['broker.example'] }), /for another name/],
      ['self-signed', await authority.issue({ names, selfSigned: true }), /self-signed/],
      ['unknown CA', await other.issue({ names }), /unknown CA/],
    ]
    for (const [what, own, says] of cases) {
      const { dir, port } = await secured(t, authority.ca, own)
      t.match(await reached(port, { ca: caFile(dir) }), says, what)
      t.equal(await reached(port, { verify: false }), 'serves', `${what}, with --insecure`)
    }
  },
)

t.test(
  'a broker that demands a certificate of its clients gets one, or that is said',
  {
    skip: without,
  },
  async t => {
    const authority: Authority = await createAuthority()
    const own = await authority.issue({ names: ['127.0.0.1'] })
    const client = await authority.issue({ names: ['client'] })
    const { dir, port } = await secured(t, authority.ca, own, 'require_certificate true')
    const ca = path.join(dir, 'ca.pem')
    t.match(
      await reached(port, { ca }),
      /demands a certificate of the client|certificate of the client/,
    )
    for (const [name, pem] of Object.entries(client))
      writeFileSync(path.join(dir, `own-${name}.pem`), pem)
    const [cert, key] = ['cert', 'key'].map(name => path.join(dir, `own-${name}.pem`))
    t.equal(await reached(port, { ca, cert, key }), 'serves')
  },
)

t.test(
  'a transport that cannot be used ends the run before it begins',
  {
    skip: without,
  },
  async t => {
    const authority = await createAuthority()
    const expired = await authority.issue({ names: ['127.0.0.1'], fromDays: -9, toDays: -2 })
    const [plain = 0] = await freePorts(1)
    const { dir, port } = await secured(t, authority.ca, expired, `listener ${plain} 127.0.0.1`)
    const both = { ...profile, transports: { tls: { address: `mqtts://127.0.0.1:${port}` } } }
    const reach = { transports: ['tcp', 'tls'], tls: { ca: path.join(dir, 'ca.pem') } } as const
    const opening = externalBroker(both, parseAddress(`mqtt://127.0.0.1:${plain}`), {
      ...{ connectMs: 5000, replyMs: 5000, here: '/', reach },
    })
    await t.rejects(opening, { code: 'TARGET_UNREACHABLE', message: /mqtts:.*has expired/ })
  },
)

t.test(
  'a started broker is dialled by TLS where its address says so',
  {
    skip: without,
  },
  async t => {
    const target = await openTarget('mosquitto', {
      ...budgets,
      reach: { transports: ['tcp', 'tls'] },
    })
    t.teardown(() => target.stop())
    if (target.role !== 'broker') return t.fail('mosquitto is a broker')
    t.same(target.transports, ['tcp', 'tls'])
    const stream = await target.dial(5000, 'tls')
    t.match(stream, { encrypted: true })
    stream.destroy()
  },
)

t.test(
  'a transport that a target does not offer is refused, and those it offers are named',
  {
    skip: without,
  },
  async t => {
    const reach = { transports: ['tls'] as const }
    const wish = openTarget('mqtt://127.0.0.1:1', { ...budgets, reach })
    await t.rejects(wish, { message: /--transport tls needs an address/ })
  },
)
