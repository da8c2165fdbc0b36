import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import t from 'tap'

/* The examples of the documentation, run as they stand there: `mqttspec` in them is this source. */

const root = fileURLToPath(new URL('../..', import.meta.url))
const library = new URL('../index.ts', import.meta.url).href

const hooks = `export const resolve = (name, context, next) =>
  next(name === 'mqttspec' ? ${JSON.stringify(library)} : name, context)`
const here = `import { register } from 'node:module'; register(${JSON.stringify(dataUrl(hooks))})`

function dataUrl(text: string): string {
  return `data:text/javascript,${encodeURIComponent(text)}`
}

for (const { file, words, passed } of [
  { file: 'node-test.test.js', words: ['--test-reporter=tap'], passed: /^# pass 2$/m },
  { file: 'tap.test.js', words: [], passed: /^# \{ total: 1, pass: 1 \}$/m },
]) {
  t.test(`docs/unit-tests/${file} passes`, async t => {
    const imports = ['--import=tsx', `--import=${dataUrl(here)}`]
    // Within a run of tests Node would take the child for one of its own.
    const { NODE_TEST_CONTEXT: _, TAP: __, ...env } = process.env
    const { stdout } = await promisify(execFile)(
      process.execPath,
      [...imports, ...words, `docs/unit-tests/${file}`],
      { cwd: root, env, timeout: 60_000 },
    )
    t.match(stdout, passed)
  })
}
