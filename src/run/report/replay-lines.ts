import path from 'node:path'
import type { Case } from '../../scenario/ast.ts'
import { shownWish } from '../../targets/index.ts'
import type { RunOptions } from '../options.ts'

/** What runs a case again, as a line for the shell. */
export function replayLines(options: RunOptions, seed: number): (kase: Case) => string {
  const target = targetWords(options)
  const own = (options.suites ?? []).filter(word => /\.ya?ml$/.test(word))
  const files = own.length > 0 ? ` ${own.map(file => path.relative('', file)).join(' ')}` : ''
  return kase => `mqttspec run '${kase.id}'${files}${target} --seed ${seed}`
}

/** In a replay line. A broker in somebody's own process can be had there alone: the words say so. */
function targetWords({ replayWith, target }: RunOptions): string {
  if (replayWith !== undefined) return replayWith === '' ? '' : ` ${replayWith}`
  if (target === undefined) return ''
  if (typeof target === 'string') return ` --target ${shownWish(target)}`
  return 'named' in target ? ` --target ${target.named}` : ' --target IN-PROCESS'
}
