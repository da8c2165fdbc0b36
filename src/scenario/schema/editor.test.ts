import { readFileSync } from 'node:fs'
import { pathToFileURL } from 'node:url'
import t from 'tap'
import { TextDocument } from 'vscode-languageserver-textdocument'
import { getLanguageService } from 'yaml-language-server'

/** The server behind the YAML extensions of editors, with the schema that the first line of a suite names. */
const root = new URL('../../../', import.meta.url)
const asked = new Set<string>()
const server = getLanguageService({
  schemaRequestService: async uri => {
    asked.add(uri)
    return readFileSync(new URL(uri), 'utf8')
  },
  workspaceContext: { resolveRelativePath: path => path },
})
server.configure({ validate: true, hover: true, completion: true })

/** It keeps what it has read by the name of the file. */
let documents = 0

/** A suite or flow of the repository's folder; `|` is where the cursor stands. */
function open(text: string, folder = 'broker') {
  const at = text.indexOf('|')
  const uri = new URL(`suites/${folder}/open-${++documents}.yaml`, root).href
  const document = TextDocument.create(uri, 'yaml', 1, text.replace('|', ''))
  return { document, cursor: document.positionAt(Math.max(at, 0)) }
}

async function mistakes(text: string, folder?: string): Promise<string[]> {
  const found = await server.doValidation(open(text, folder).document, false)
  return found.map(({ range, message }) => `${range.start.line + 1}: ${message}`)
}

async function completions(text: string, folder?: string) {
  const { document, cursor } = open(text, folder)
  return (await server.doComplete(document, cursor, false)).items
}

async function hover(text: string): Promise<string> {
  const { document, cursor } = open(text)
  return JSON.stringify((await server.doHover(document, cursor))?.contents)
}

const suite = (rest: string) =>
  `# yaml-language-server: $schema=../../schema/suite.json\nsuite: a/b\ntitle: T\n${rest}`
const scenario = (rest: string) =>
  suite(`role: client\nscenarios:\n  - id: x\n    title: X\n${rest}`)
const flow = (rest: string) =>
  `# yaml-language-server: $schema=../../schema/flow.json\nflow: a\ntitle: T\nrole: client\npeers:\n  publisher: {}\n${rest}`

t.test('versions may be written as they are called: 5.0, and 3.1', async t => {
  t.same(
    await mistakes(
      scenario(
        '    covers: { 3.1: [§4.1], 3.1.1: [MQTT-4.3.3-2], 5.0: [MQTT-4.3.3-10] }\n    matrix: { version: [3.1, 3.1.1, 5.0], packet: { none: "34 00" } }\n    steps:\n      - publisher.connect:\n      - publisher.bytes: $packet\n        breaks: { 3.1.1: MQTT-3.3.1-4, 5.0: [MQTT-3.3.1-4] }\n      - publisher.expect: { closed: {}, cite: { 5.0: MQTT-4.13.1-1 } }\n',
      ),
    ),
    [],
  )
  t.match(await mistakes(scenario('    covers: { 4.0: [MQTT-4.3.3-10] }\n    steps: []\n')), [
    /^8: Property 4 is not allowed/,
  ])
  t.match(await mistakes(scenario('    matrix: { version: [4.0] }\n    steps: []\n')), [
    /^8: .*Valid values: "3.1"/,
  ])
})

t.test('suites as they are have no mistakes in an editor', async t => {
  for (const file of ['broker/qos2-receiver', 'client/server-disconnect', 'proxy/end-to-end']) {
    t.same(await mistakes(readFileSync(new URL(`suites/${file}.yaml`, root), 'utf8')), [], file)
  }
  t.same([...asked], [pathToFileURL(new URL('schema/suite.json', root).pathname).href])
})

t.test('a step is completed as actor.verb, with what the verb does', async t => {
  const items = await completions(scenario('    steps:\n      - publisher.|\n'))
  const send = items.find(({ label }) => label === 'publisher.send')
  t.match(send, { insertText: /^publisher\.send:/, documentation: /^Sends/ })
  for (const label of ['subscriber.expect', 'intruder.bytes', 'broker.accept', 'app.publish']) {
    t.ok(
      items.some(item => item.label === label),
      label,
    )
  }
  const packets = await completions(scenario('    steps:\n      - watcher.send:\n          |\n'))
  t.ok(packets.some(({ label }) => label === 'PUBLISH'))
  const steps = await completions(flow('steps:\n  - publisher.|\n'), 'flows')
  t.ok(steps.some(({ label }) => label === 'publisher.publish'))
})

t.test('role is explained, and so is each of its words', async t => {
  t.match(
    await hover(suite('ro|le: client\nscenarios: []\n')),
    /broker.* tests clients|tests brokers/,
  )
  const roles = await completions(suite('role: |\nscenarios: []\n'))
  t.match(Object.fromEntries(roles.map(({ label, documentation }) => [label, documentation])), {
    client: /a broker is tested/,
    broker: /a client is tested/,
    proxy: /between a client/,
  })
})

t.test('a verb is explained wherever it stands', async t => {
  t.match(
    await hover(scenario('    steps:\n      - watcher.tru|ncate: { PINGREQ: {}, drop: 1 }\n')),
    /without its last|first bytes|breaks off|part/i,
  )
})
