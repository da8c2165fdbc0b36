import { existsSync, readdirSync, readFileSync } from 'node:fs'
import path from 'node:path'
import t from 'tap'
import { packagedFirmware } from '../targets/micropython/firmware.ts'

/* What an editor shows of the library is what the library has: each public class, function and parameter, in order. */

const folders = ['lib/umqtt2', 'lib/umqtt'].map(name => path.join(packagedFirmware, name))
const modules = folders.flatMap(folder =>
  readdirSync(folder)
    .filter(name => name.endsWith('.py'))
    .map(name => path.join(folder, name)),
)

/** `publish(self, topic, msg=)` and `class Topics`, of what a user calls; a default is marked, not told. */
function declared(source: string): string[] {
  const found: string[] = []
  const pattern =
    /^( *)(?:async )?def (\w+)\(([\s\S]*?)\)(?: *->[^:]*(?:\[[^\]]*\])*[^:]*)?:|^class (\w+)/gm
  for (const [, indent = '', name = '', parameters = '', type] of source.matchAll(pattern)) {
    if (type) found.push(`class ${type}`)
    else if (indent.length <= 4 && (!name.startsWith('_') || /^__(init|call)__$/.test(name)))
      found.push(`${name}(${parameterNames(parameters)})`)
  }
  return found
}

function parameterNames(text: string): string {
  const parts: string[] = ['']
  let depth = 0
  for (const character of text) {
    if ('([{'.includes(character)) depth += 1
    if (')]}'.includes(character)) depth -= 1
    if (character === ',' && depth === 0) parts.push('')
    else parts[parts.length - 1] += character
  }
  return parts
    .map(part => part.trim())
    .filter(part => part !== '')
    .map(part => `${/^\**\w+/.exec(part)?.[0] ?? part}${part.includes('=') ? '=' : ''}`)
    .join(', ')
}

for (const file of modules) {
  const stub = file.replace(/\.py$/, '.pyi')
  t.test(`the stub of ${path.basename(file)} says what the module has`, async t => {
    t.ok(existsSync(stub), `${stub} is there`)
    const [code, hints] = [file, stub].map(one => declared(readFileSync(one, 'utf8')))
    t.same(
      hints,
      code?.filter(one => !/^class _/.test(one)),
    )
  })
}
