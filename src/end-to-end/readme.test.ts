import { existsSync, readdirSync, readFileSync } from 'node:fs'
import t from 'tap'
import { readSuites } from '../run/choice/choose-suites.ts'
import { loadSuites } from '../scenario/loading/load.ts'
import { selectCases } from '../scenario/select.ts'
import { listProfiles } from '../targets/index.ts'
import { parseProfile } from '../targets/profile.ts'

/* What a newcomer copies from the README must be true: its command lines, and the scenario it shows. */

const readme = readFileSync(new URL('../../README.md', import.meta.url), 'utf8')
const docs = new URL('../../docs/', import.meta.url)
const pages = readdirSync(docs).filter(name => name.endsWith('.md'))
const documented = pages.map(name => readFileSync(new URL(name, docs), 'utf8')).join('\n')
const blocks = [...readme.matchAll(/^```(\w*)\n(.*?)^```/gms)].map(([, kind, text]) => ({
  kind: kind ?? '',
  text: text ?? '',
}))

/** `mqttspec run qos2 --target x   # why` as its words, quotes taken off. */
const commands = [
  ...blocks.filter(({ kind }) => kind === '').map(({ text }) => text),
  ...[...documented.matchAll(/^ *```(\w*)\n(.*?)^ *```/gms)]
    .filter(([, kind]) => kind === '')
    .map(([, , text = '']) => text),
]
  .flatMap(text => text.split('\n'))
  .map(line => line.replace(/^npx /, '').replace(/\s+#.*$/, ''))
  .filter(line => /^mqttspec (run|listen) ?/.test(line))
  .map(line => (line.match(/'[^']*'|\S+/g) ?? []).map(word => word.replaceAll("'", '')).slice(1))

const source = ['main', 'options']
  .map(name => readFileSync(new URL(`../cli/${name}.ts`, import.meta.url), 'utf8'))
  .join('\n')

t.test('every command line of the README is one', async t => {
  const { suites } = await readSuites([])
  const targets = (await listProfiles()).map(({ name }) => name)
  t.ok(commands.length >= 8, `${commands.length} of them`)
  for (const [verb, ...words] of commands) {
    const line = `mqttspec ${verb} ${words.join(' ')}`
    for (let i = 0; i < words.length; i++) {
      const word = words[i] ?? ''
      if (!word.startsWith('--')) {
        // A suite of the reader's own.
        if (word === 'mine.yaml') continue
        const { unknown } = selectCases(suites, { words: [word] })
        t.same(unknown, [], `${line}: ${word} selects cases`)
        continue
      }
      const takesValue = source.includes(`'${word} <`)
      t.ok(
        takesValue || source.includes(`'${word}'`) || source.includes(`'${word} [`),
        `${line}: ${word} is an option`,
      )
      if (!takesValue) continue
      const value = words[++i] ?? ''
      if (word !== '--target' || /^(mqtts?|wss?):|^my-/.test(value)) continue
      if (existsSync(new URL(`../../${value}`, import.meta.url))) continue
      t.ok(targets.includes(value), `${line}: ${value} is a target`)
    }
  }
})

t.test('the scenario of the README has no mistake', async t => {
  const yaml = blocks.filter(({ kind }) => kind === 'yaml')
  t.equal(yaml.length, 1)
  const { suites, problems } = loadSuites([{ path: 'README.yaml', text: yaml[0]?.text ?? '' }])
  t.same(problems, [])
  t.equal(suites[0]?.cases.length, 4)
})

t.test('the scenario to begin with has no mistake', async t => {
  const page = readFileSync(new URL('writing-scenarios.md', docs), 'utf8')
  const yaml = /^```yaml\n(.*?)^```/ms.exec(page)?.[1] ?? ''
  const { suites, problems } = loadSuites([{ path: 'mine.yaml', text: yaml }])
  t.same(problems, [])
  t.equal(suites[0]?.cases.length, 4)
})

t.test('the profile of a client to begin with has no mistake', async t => {
  const page = readFileSync(new URL('testing-a-client.md', docs), 'utf8')
  const yaml = /^ *```yaml\n(.*?)^ *```/ms.exec(page)?.[1]?.replace(/^ {3}/gm, '') ?? ''
  const { profile, problems } = parseProfile('my-client.yaml', yaml)
  t.same(problems, [])
  t.same(profile?.adapter?.command, ['python3', '$here/my_adapter.py'])
})
