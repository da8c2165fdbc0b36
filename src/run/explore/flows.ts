import { existsSync } from 'node:fs'
import { readdir } from 'node:fs/promises'
import path from 'node:path'
import type { Flow } from '../../explore/flow.ts'
import { parseFlow } from '../../explore/flow-schema.ts'
import { nearest } from '../../model/schema/near.ts'
import { formatProblem } from '../../model/schema/problem.ts'
import { readNamedFile } from '../../targets/named-file.ts'
import { packageRoot } from '../choice/suite-files.ts'
import { UsageError } from '../usage-error.ts'

export type Flows = {
  /** All that ship, then those of one's own: the order that replay ids count by. */
  all: Flow[]
  /** Those that were asked for. */
  chosen: Flow[]
}

/** The flows that ship, and the files among the words. Rejects with UsageError. */
export async function readFlows(words: readonly string[]): Promise<Flows> {
  const shelf = path.join(packageRoot, 'suites', 'flows')
  const names = (await readdir(shelf)).filter(name => name.endsWith('.yaml')).sort()
  const shipped = await Promise.all(names.map(name => readFlow(path.join(shelf, name))))
  const files = words.filter(word => /\.ya?ml$/.test(word) && existsSync(word))
  const own = await Promise.all(files.map(readFlow))
  const all = [...shipped, ...own]
  const ids = words.filter(word => !files.includes(word))
  for (const word of ids) if (!all.some(flow => flow.id === word)) throw unknown(word, all)
  const chosen = all.filter(
    flow => words.length === 0 || own.includes(flow) || ids.includes(flow.id),
  )
  return { all, chosen }
}

async function readFlow(file: string): Promise<Flow> {
  const text = await readNamedFile(file).catch((error: Error) => {
    throw new UsageError(error.message)
  })
  const { flow, problems } = parseFlow(path.relative(process.cwd(), file), text)
  if (flow) return flow
  throw new UsageError(problems.map(problem => formatProblem(problem, text)).join('\n\n'))
}

function unknown(word: string, all: readonly Flow[]): UsageError {
  const ids = all.map(({ id }) => id)
  const near = nearest(word, ids)
  const hint = near === undefined ? '' : `; did you mean "${near}"?`
  return new UsageError(`no flow is called "${word}"${hint}\none of: ${ids.join(', ')}`)
}
