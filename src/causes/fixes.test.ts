import { readdirSync, readFileSync } from 'node:fs'
import t from 'tap'
import { fixes, fixOf } from './fixes.ts'
import { shapeOf } from './shape.ts'

const folder = new URL('../../fixtures/testing/findings/', import.meta.url)
const found = readdirSync(folder)
  .flatMap(file => readFileSync(new URL(file, folder), 'utf8').split('\n'))
  .flatMap(line => /^ {2}found: (.*)/.exec(line)?.[1] ?? [])
  // Broken by flawed peers alone so far.
  .concat('CONNACK says Session Present 1 to a CONNECT that asks for a new session')
  .map(message => shapeOf({ message }))

t.test('each fix mends something that was found', async t => {
  for (const { told, fix } of fixes) {
    t.ok(
      found.some(says => told.test(says)),
      `${told}: ${fix}`,
    )
  }
})

t.test('what nobody knows the reason of has none', async t => {
  t.equal(fixOf('mosquitto sent no PUBLISH "..." in # s'), undefined)
  t.match(fixOf('PUBLISH id # was sent again without DUP'), /^set DUP/)
})
