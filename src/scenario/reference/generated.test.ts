import { readdirSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { Ajv } from 'ajv'
import t from 'tap'
import { parse } from 'yaml'
import type { SuiteRole } from '../ast.ts'
import { loadSuites } from '../loading/load.ts'
import { formatProblems } from '../problem.ts'
import { suiteJsonSchema } from '../schema/json-schema.ts'
import { verbs } from '../verbs/index.ts'
import type { ActorKind } from '../verbs/step-kind.ts'
import { generatedFiles } from './generated.ts'
import { languageReference } from './reference.ts'

const root = fileURLToPath(new URL('../../../', import.meta.url))

t.test('the files in the repository are what the schemas give', async t => {
  for (const { path, text } of generatedFiles()) {
    const same = readFileSync(`${root}${path}`, 'utf8') === text
    t.ok(same, `${path}: otherwise run npx tsx scripts/generate.ts`)
  }
})

const validate = new Ajv({ strict: false }).compile(suiteJsonSchema())
const validateFlow = new Ajv({ strict: false }).compile(
  JSON.parse(readFileSync(`${root}schema/flow.json`, 'utf8')),
)

/** A suite around steps, each actor connected and each capture used; what is wrong then is the steps' fault. */
function around(steps: string, role: string): string {
  const indented = steps.replaceAll('\n', '\n      ')
  return `suite: a\ntitle: A\nrole: ${role}\nscenarios:\n  - id: x\n    title: X\n    steps:\n      ${indented}\n`
}

/** Mistakes that only steps without their surroundings make. */
const outOfContext = ['NOT_CONNECTED', 'UNUSED', 'UNKNOWN_ACTOR', 'NO_CHECK', 'UNBOUND']

function mistakes(text: string): string {
  const { problems } = loadSuites([{ path: 'a.yaml', text }])
  const real = problems.filter(({ code }) => !outOfContext.includes(code))
  return formatProblems(real, () => text)
}

const roles: Record<ActorKind, SuiteRole> = {
  client: 'client',
  broker: 'broker',
  proxy: 'proxy',
  app: 'broker',
  target: 'client',
  scene: 'client',
}

t.test('every example of a verb is right, for the parser and for editors', async t => {
  for (const [kind, table] of Object.entries(verbs)) {
    const role = roles[kind as ActorKind]
    for (const [name, { example }] of Object.entries(table)) {
      const text = around(`- ${example}`, role)
      t.equal(mistakes(text), '', `${kind} ${name}`)
      t.ok(
        validate(parse(text)),
        `${kind} ${name}: ${JSON.stringify(validate.errors?.slice(0, 3))}`,
      )
    }
  }
})

t.test('every example of the reference is right', async t => {
  const blocks = [...languageReference().matchAll(/```yaml\n(.*?)\n```/gs)].map(([, code]) => code!)
  t.ok(blocks.length > 40)
  for (const block of blocks.filter(code => code.includes('suite: '))) {
    const { problems } = loadSuites([{ path: 'a.yaml', text: block }])
    t.equal(
      formatProblems(problems, () => block),
      '',
    )
    t.ok(validate(parse(block)), JSON.stringify(validate.errors?.slice(0, 3)))
  }
  const expecting = blocks.find(code => code.includes('given: true'))!
  t.equal(mistakes(around(expecting, 'client')), '')
  const breaking = blocks.find(code => code.includes('breaks: { 3.1.1'))!
  t.equal(mistakes(around(breaking, 'client')), '')
  const proxied = blocks.find(code => code.includes('- proxy.struck:\n- app.reconnect:'))!
  t.equal(mistakes(around(proxied, 'proxy')), '')
})

t.test('editors find the mistakes that the parser finds', async t => {
  const wrong = [
    '- publisher.sned: PINGREQ',
    '- publisher.send: { PUBLSH: {} }',
    '- publisher.send: { PUBLISH: { topc: a } }',
    '- publisher.send: { PUBLISH: { qos: 4 } }',
    '- publisher.cut: fni',
    '- sleep: 1',
    '- publisher.expect: { PUBLISH: { id: { is: gone } } }',
    '- breaks: MQTT-3.3.1-2',
    '- publisher.ping:\n  subscriber.ping:',
    '- publisher.ping:\n  breaks: 3.3.1-2',
  ]
  for (const steps of wrong) {
    const text = around(steps, 'client')
    t.not(mistakes(text), '', steps)
    t.notOk(validate(parse(text)), steps)
  }
})

t.test('every suite of the repository passes in an editor', async t => {
  const files = readdirSync(`${root}suites`, { recursive: true, encoding: 'utf8' })
  // What the suites do not detect is a list of its own.
  const suites = files.filter(file => file.endsWith('.yaml') && file !== 'undetected.yaml')
  t.ok(suites.length > 0)
  for (const file of suites) {
    const check = file.startsWith('flows') ? validateFlow : validate
    const valid = check(parse(readFileSync(`${root}suites/${file}`, 'utf8')))
    t.ok(valid, `${file} ${JSON.stringify(check.errors?.slice(0, 3))}`)
  }
})
