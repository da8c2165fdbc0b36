import type { Suite } from '../../scenario/ast.ts'
import { selectCases } from '../../scenario/select.ts'

/** The target of a run that names none: the embedded broker, or, where only suites for clients or devices are meant, one of those. */
export function defaultTarget(suites: Suite[], words: string[], named: boolean): string {
  if (words.length === 0 && !named) return 'aedes'
  const { cases } = selectCases(suites, { words })
  if (cases.length === 0 || cases.some(kase => kase.role === 'client')) return 'aedes'
  return cases.some(kase => kase.suite.startsWith('device/')) ? 'pico' : 'mqttjs'
}
