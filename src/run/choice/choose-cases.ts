import type { Case, Suite, SuiteRole } from '../../scenario/ast.ts'
import { selectFor } from '../../scenario/select.ts'
import type { Target } from '../../targets/target.ts'
import type { RunOptions } from '../options.ts'
import { nothingCalled } from './choose-suites.ts'
import { wordsOf } from './conformance-profiles.ts'
import { shardOf } from './shard.ts'

/** The cases that somebody asked for and that fit the target's role. Throws UsageError for words that mean nothing. */
export function chooseCases(
  suites: Suite[],
  asked: string[],
  target: Pick<Target, 'role'>,
  options: RunOptions,
): Case[] {
  const roles: SuiteRole[] = target.role === 'broker' ? ['client'] : ['broker', 'proxy']
  const words = options.profile === undefined ? asked : wordsOf(options.profile, target.role)
  const selection = selectFor(roles, suites, {
    words,
    ...(options.tags ? { tags: options.tags } : {}),
    ...(options.mqtt ? { versions: options.mqtt } : {}),
    // Without words, what fits the target's role; a suite that somebody named is shown as skipped instead.
    ...(words.length === 0 && !options.suites?.length ? { roles } : {}),
  })
  if (selection.unknown.length > 0) throw nothingCalled(selection.unknown)
  return shardOf(selection.cases, options.shard)
}

/** Which of the wishes left nothing over, as far as one of them alone did. */
export function whyEmpty(suites: Suite[], { tags = [], mqtt = [], shard }: RunOptions): string {
  const known = new Set(suites.flatMap(suite => suite.cases.flatMap(kase => kase.tags)))
  const strange = tags.filter(tag => !known.has(tag))
  if (strange.length > 0) {
    const there = known.size > 0 ? `there are ${[...known].sort().join(', ')}` : 'none has any'
    return `nothing was selected: no case is tagged ${strange.join(', ')}; ${there}`
  }
  const wishes = [
    tags.length > 0 ? `--tag ${tags.join(' ')}` : '',
    mqtt.length > 0 ? `--mqtt ${mqtt.join(',')}` : '',
    shard ? `--shard ${shard.index}/${shard.count}` : '',
  ].filter(Boolean)
  const left = wishes.length > 0 ? `: ${wishes.join(' with ')} leaves no case` : ''
  return `nothing was selected${left}`
}
