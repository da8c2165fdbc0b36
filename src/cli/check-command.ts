import { readSuites } from '../suites.ts'

/** `mqttspec check`: shows every mistake (by UsageError) or what is there. */
export async function checkCommand(words: string[]): Promise<number> {
  const { suites } = await readSuites(words)
  const cases = suites.reduce((sum, suite) => sum + suite.cases.length, 0)
  process.stdout.write(`${suites.length} suites, ${cases} cases, no mistakes\n`)
  return suites.length > 0 ? 0 : 4
}
