import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { readSuites } from '../../src/run/choice/choose-suites.ts'
import type { Case } from '../../src/scenario/ast.ts'

const root = fileURLToPath(new URL('../..', import.meta.url))

/** Cases that test a broker, cases that test a client. */
export type Loaded = { broker: Case[]; client: Case[] }

/** The suites for brokers and clients as they ship, those with a proxy before a client among them. */
export async function loadCases(): Promise<Loaded> {
  const { suites } = await readSuites(
    ['broker', 'client', 'proxy'].map(folder => path.join(root, 'suites', folder)),
  )
  const cases = suites.flatMap(suite => suite.cases)
  return {
    broker: cases.filter(({ role }) => role === 'client'),
    client: cases.filter(({ role }) => role === 'broker' || role === 'proxy'),
  }
}
