import { readFile } from 'node:fs/promises'
import path from 'node:path'
import { packageRoot } from '../choice/suite-files.ts'

/** Flaws caught by each scenario, `suite/scenario`, as `npm run proof` counted them. */
export type Kills = { readonly [scenario: string]: number }

/** What the proof that ships with the package found; nothing where it has none. */
export async function packagedKills(): Promise<Kills> {
  try {
    return killsIn(await readFile(path.join(packageRoot, 'reports', 'proof.json'), 'utf8'))
  } catch {
    return {}
  }
}

/** Throws where the text is no JSON; what is no number of flaws is left out. */
export function killsIn(text: string): Kills {
  const { kills } = JSON.parse(text) as { kills?: { [scenario: string]: unknown } }
  const counts = Object.entries(kills ?? {}).filter(([, count]) => Number.isInteger(count))
  return Object.fromEntries(counts) as Kills
}

/** The number for one case, by the scenario that its id begins with. */
export function killsOfCase(kills: Kills, id: string): number | undefined {
  const end = id.indexOf(':')
  const scenario = end < 0 ? id : id.slice(0, end)
  return Object.hasOwn(kills, scenario) ? kills[scenario] : undefined
}
