import { count } from '../../reporters/text/words.ts'
import { nothingCalled, readSuites } from '../../run/choice/choose-suites.ts'
import { selectCases } from '../../scenario/select.ts'
import type { Io } from '../io.ts'

/** `mqttspec check`: shows every mistake, also in the words themselves (by UsageError), or what is there. */
export async function checkCommand(words: string[], { stdout }: Io): Promise<number> {
  const read = await readSuites(words)
  const { cases, unknown } = selectCases(read.suites, { words: read.words, heavy: true })
  if (unknown.length > 0) throw nothingCalled(unknown)
  const suites = new Set(cases.map(kase => kase.suite)).size
  stdout.write(`${count(suites, 'suite')}, ${count(cases.length, 'case')}, no mistakes\n`)
  return suites > 0 ? 0 : 4
}
