import { readdirSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import t from 'tap'
import { hex } from '../model/text/hex.ts'
import { anyFault, type Fault, faults, faultText } from './index.ts'

const pubrec = hex`
  50 02   # PUBREC, remaining length 2
  00 07   # packet identifier 7
`
const of = { packet: 'PUBREC', from: 'broker' as const }
const struck = { bytes: pubrec, of, seq: 3 }

t.test('every file of the folder stands in the table, under its own name', async t => {
  const own = ['fault.ts', 'index.ts', 'words.ts']
  const files = readdirSync(fileURLToPath(new URL('.', import.meta.url)))
    .filter(file => /(?<!\.test)\.ts$/.test(file) && !own.includes(file))
    .map(file => file.slice(0, -'.ts'.length))
  t.same(Object.keys(faults).sort(), files.sort())
  for (const [name, { kind }] of Object.entries(faults)) t.equal(kind, name)
})

t.test(
  'at a proxy a packet is lost, held, late, behind others, or comes several times',
  async t => {
    const at = (kind: keyof typeof faults, told = {}) => anyFault[kind].proxy?.strike(struck, told)
    t.same(at('lose'), { fault: { kind: 'lose', seq: 3, ...of }, writes: [] })
    t.same(at('hold')?.writes, [{ as: 'packet', when: { kind: 'on release' } }])
    t.same(at('delay', { ms: 50 })?.writes, [{ as: 'packet', when: { kind: 'after', ms: 50 } }])
    t.same(at('duplicate', { copies: 3 })?.writes.length, 3)
    t.same(at('reorder'), {
      fault: { kind: 'reorder', packets: ['PUBREC'], from: 'broker' },
      writes: [{ as: 'packet', when: { kind: 'behind', packets: 1 } }],
    })
  },
)

t.test('a packet in pieces is whole, one that is cut short never is', async t => {
  const split = anyFault.split.peer
  const truncate = anyFault.truncate.peer
  if (split?.on !== 'packet' || truncate?.on !== 'packet') return t.fail('done to one packet')
  t.same(split.strike(struck, { at: [1, 3] }), {
    fault: { kind: 'split', writes: 3, ...of },
    writes: [{ as: 'pieces', pieces: [hex`50`, hex`02 00`, hex`07`] }],
  })
  t.same(split.strike(struck, { at: 'every' }).fault, { kind: 'split', writes: 4, ...of })
  for (const keep of [4, 9]) {
    t.same(truncate.strike(struck, { keep }).writes, [
      { as: 'bytes', why: 'partial', bytes: hex`50 02 00` },
    ])
  }
  t.same(truncate.strike(struck, { drop: 9 }).writes, [
    { as: 'bytes', why: 'partial', bytes: hex`` },
  ])
  t.match(truncate.mistake?.({ keep: 1, drop: 1 }, 1), { code: 'UNKNOWN_KEY' })
})

t.test('several packets go out in reverse, as told, or in one write', async t => {
  const reorder = anyFault.reorder.peer
  const coalesce = anyFault.coalesce.peer
  if (reorder?.on !== 'packets' || coalesce?.on !== 'packets') return t.fail('done to several')
  const packets = ['PUBREL', 'PUBLISH', 'PUBREC']
  t.same(reorder.strike(packets, {}), {
    fault: { kind: 'reorder', packets: ['PUBREC', 'PUBLISH', 'PUBREL'] },
    writes: [[2], [1], [0]],
  })
  t.same(reorder.strike(packets, { order: [2, 1, 3] }).writes, [[1], [0], [2]])
  t.match(reorder.mistake?.({ order: [4] }, 3), { message: 'expected a place from 1 to 3, got 4' })
  t.same(coalesce.strike(packets, {}).writes, [[0, 1, 2]])
})

t.test('each says in words what it did', async t => {
  const said: [Fault, string][] = [
    [{ kind: 'lose', seq: 1, packet: 'PUBREC' }, 'lost: we act as if it had not come'],
    [{ kind: 'hold', ...of }, 'PUBREC of the broker is held back'],
    [{ kind: 'release', packet: 'PUBREC' }, 'our PUBREC is released'],
    [{ kind: 'split', writes: 1, packet: 'PUBREC' }, 'PUBREC goes out in 1 write'],
    [{ kind: 'cut', how: 'rst', side: 'both' }, 'cut by RST on both sides'],
    [{ kind: 'stall', from: 'client' }, 'we stop reading towards the client'],
    [{ kind: 'refuse' }, 'the next connection is closed as it opens'],
  ]
  for (const [fault, words] of said) t.equal(faultText(fault), words)
})
