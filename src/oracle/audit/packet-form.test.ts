import { readdirSync, readFileSync } from 'node:fs'
import fc from 'fast-check'
import t from 'tap'
import { parse } from 'yaml'
import { fromHex, hex } from '../../model/text/hex.ts'
import { isVersion, type Version, versions } from '../../model/version.ts'
import { audit } from './packet-form.ts'
import { type Rule, rules } from './rules.ts'

/** One row of fixtures/testing/packets: bytes, and by version what is wrong with them (statements without the version). */
type Row = {
  name: string
  from: 'client' | 'server'
  bytes: string
  good?: string[]
  bad?: { [version: string]: string | string[] }
}

const folder = new URL('../../../fixtures/testing/packets/', import.meta.url)
const files = readdirSync(folder).filter(file => file.endsWith('.yaml'))
const rows = files.flatMap(file => {
  const list = parse(readFileSync(new URL(file, folder), 'utf8'), { schema: 'failsafe' }) as Row[]
  return list.map(row => ({ ...row, file }))
})

t.test('every row of the packet table is judged as it says', async t => {
  t.ok(rows.length >= 150, `${rows.length} rows`)
  for (const { file, name, from, bytes, good = [], bad = {} } of rows) {
    const frame = fromHex(bytes)
    for (const version of [...good, ...Object.keys(bad)]) {
      const wanted = [bad[version] ?? []].flat().map(statement => `${version}:${statement}`)
      const found = audit(frame, { version: checked(version), from }).map(one => one.statement)
      t.same(found.sort(), wanted.sort(), `${file}: ${name} in ${version}`)
    }
  }
})

t.test('every rule is broken by a row in every version that has it', async t => {
  const broken = new Set<string>()
  for (const { from, bytes, bad = {} } of rows) {
    for (const version of Object.keys(bad)) {
      for (const { message } of audit(fromHex(bytes), { version: checked(version), from })) {
        broken.add(`${message} in ${version}`)
      }
    }
  }
  for (const rule of Object.values<Rule>(rules)) {
    for (const version of Object.keys(rule.cite)) {
      t.ok(broken.has(`${rule.says} in ${version}`), `${rule.says} in ${version}`)
    }
  }
})

t.test('messages tell the rules apart', async t => {
  const messages = Object.values<Rule>(rules).map(rule => rule.says)
  t.equal(new Set(messages).size, messages.length)
})

t.test('a breach says what was expected, what came and where', async t => {
  const pubrec = hex`
    50 04   # PUBREC
    00 07   # identifier
    01      # no such code
    00      # no properties
  `
  t.same(audit(pubrec, { version: '5.0', from: 'server' }), [
    {
      statement: '5.0:MQTT-3.5.2-1',
      level: 'MUST',
      message: 'PUBREC has a reason code that is not listed for it',
      expected: 'a listed reason code',
      got: '0x01 from the server',
      offset: 4,
    },
  ])
})

t.test('what the standard leaves open is marked as a dispute and is no MUST', async t => {
  const disputes = [
    audit(hex`20 02 00 01`, { version: '5.0', from: 'server' }),
    audit(hex`e0 00`, { version: '5.0', from: 'server' }),
    audit(hex`90 03 00 01 80`, { version: '3.1', from: 'server' }),
  ].flat()
  t.same(
    disputes.map(({ about, level }) => ({ about, level })),
    [
      { about: 'dispute', level: 'MAY' },
      { about: 'dispute', level: 'SHOULD' },
      { about: 'dispute', level: 'MAY' },
    ],
  )
})

t.test('good packets share one empty list', async t => {
  const one = audit(hex`40 02 00 07`, { version: '5.0', from: 'server' })
  t.equal(audit(hex`d0 00`, { version: '3.1', from: 'server' }), one)
  t.ok(Object.isFrozen(one))
})

t.test('breaches come in the order of the bytes, each rule once', async t => {
  const subscribe = hex`
    82 0e 00 00         # SUBSCRIBE, identifier 0
    00 01 61 03         # QoS 3
    00 01 62 03         # QoS 3 again
    00 01 00 00         # U+0000
  `
  const found = audit(subscribe, { version: '3.1.1', from: 'client' })
  t.same(
    found.map(({ statement, offset }) => [statement, offset]),
    [
      ['3.1.1:MQTT-2.3.1-1', 2],
      ['3.1.1:MQTT-3.8.3-4', 7],
      ['3.1.1:MQTT-1.5.3-2', 14],
    ],
  )
})

t.test('no bytes make it throw, and a breach lies within them', async t => {
  const anyFrame = fc.oneof(
    fc.uint8Array({ maxLength: 80 }),
    // A right remaining length lets the bytes get deeper.
    fc
      .tuple(fc.integer({ min: 0x10, max: 0xff }), fc.uint8Array({ maxLength: 120 }))
      .map(([first, body]) => Uint8Array.of(first, body.length, ...body)),
    // As does a packet of the table with some bytes changed.
    fc
      .tuple(
        fc.constantFrom(...rows),
        fc.array(fc.tuple(fc.nat(60), fc.nat(255)), { maxLength: 3 }),
      )
      .map(([row, changes]) => changed(fromHex(row.bytes), changes)),
  )
  const judged = fc.property(
    anyFrame,
    fc.constantFrom(...versions),
    fc.constantFrom('client' as const, 'server' as const),
    (frame, version, from) => {
      const found = audit(frame, { version, from })
      return found.every(({ offset }) => offset >= 0 && offset <= frame.length)
    },
  )
  t.doesNotThrow(() => fc.assert(judged, { numRuns: 3000 }))
})

t.test('a packet of a million faults costs as much memory as one', async t => {
  // SUBSCRIBE with identifier 1; each three bytes behind it are an empty filter at QoS 0.
  const whole = new Uint8Array(1_000_006)
  whole.set(hex`82 c2 84 3d 00 01`)
  const found = audit(whole, { version: '3.1.1', from: 'client' })
  t.ok(found.length > 0 && found.length < Object.keys(rules).length)
})

function checked(version: string): Version {
  if (!isVersion(version)) throw new RangeError(`no version: ${version}`)
  return version
}

function changed(frame: Uint8Array, changes: [index: number, value: number][]): Uint8Array {
  const copy = Uint8Array.from(frame)
  for (const [index, value] of changes) {
    if (index < copy.length) copy[index] = value
  }
  return copy
}

t.test('an answer under identifier 0 is a breach unless the other side asked under 0', async t => {
  const context = { version: '5.0', from: 'client' } as const
  for (const ack of [hex`40 02 00 00`, hex`50 02 00 00`, hex`70 02 00 00`]) {
    t.match(audit(ack, context), [{ statement: '5.0:MQTT-2.2.1-5' }])
    t.same(audit(ack, { ...context, answersZero: true }), [])
  }
})
