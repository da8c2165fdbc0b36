import { readdirSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import t from 'tap'
import { withOwnClientId } from './own-client-id.ts'

const brokerSuites = fileURLToPath(new URL('../../../suites/broker', import.meta.url))

t.test('the identifier in bytes is the case’s own, and as long', async t => {
  const bytes = Buffer.from('\x00\x07msnonce\x00')
  t.same(withOwnClientId(bytes, 'm1io2h015'), Buffer.from('\x00\x07io2h015\x00'))
  t.same(bytes, Buffer.from('\x00\x07msnonce\x00'), 'those of the suite stay')
  t.equal(withOwnClientId(bytes.subarray(3), 'm1io2h015').length, 7)
})

t.test('no CONNECT in bytes has an identifier that another case may have as well', async t => {
  const shared: string[] = []
  for (const name of readdirSync(brokerSuites, { recursive: true, encoding: 'utf8' })) {
    if (!name.endsWith('.yaml')) continue
    for (const line of readFileSync(path.join(brokerSuites, name), 'utf8').split('\n')) {
      for (const [packet] of line.matchAll(/4d 51 54 54 0[45] [0-9a-f $]{2,}/g)) {
        // Flags, Keep Alive, in 5.0 no properties, and an identifier of ASCII letters.
        const [, length, id = ''] =
          /^4d 51 54 54 0[45] \S+ 00 3c (?:00 )?00 (0[1-9a-f]) ((?:[67][0-9a-f] ?)+)/.exec(
            packet,
          ) ?? []
        const text = Buffer.from(id.replaceAll(' ', ''), 'hex').toString('latin1')
        if (
          length !== undefined &&
          Number.parseInt(length, 16) <= text.length &&
          text.slice(0, 7) !== 'msnonce'
        )
          shared.push(`${name}: ${text}`)
      }
    }
  }
  t.same(shared, [])
})
