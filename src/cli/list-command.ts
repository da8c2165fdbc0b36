import { UsageError } from '../usage-error.ts'

const lists: { [what: string]: () => Promise<string[]> } = {
  suites: listSuites,
  statements: listStatements,
  targets: listTargets,
  faults: listFaults,
  reporters: listReporters,
}

/** `mqttspec list WHAT`: plain lines, one entry each. */
export async function listCommand(what: string): Promise<number> {
  const list = Object.hasOwn(lists, what) ? lists[what] : undefined
  if (!list) {
    throw new UsageError(
      `nothing to list is called "${what}": expected one of ${Object.keys(lists).join(', ')}`,
    )
  }
  process.stdout.write(`${(await list()).join('\n')}\n`)
  return 0
}

async function listSuites(): Promise<string[]> {
  const { readSuites } = await import('../suites.ts')
  const { suites } = await readSuites([])
  return suites.flatMap(suite => {
    const scenarios = new Map<string, number>()
    for (const kase of suite.cases)
      scenarios.set(kase.scenario, (scenarios.get(kase.scenario) ?? 0) + 1)
    return [
      `${suite.id}  ${suite.title}  (${suite.cases.length} cases, tests a ${suite.role === 'broker' ? 'client' : 'broker'})`,
      ...[...scenarios].map(([id, count]) => {
        const title = suite.cases.find(kase => kase.scenario === id)?.title ?? ''
        return `  ${suite.id}/${id}  ${title}  (${count})`
      }),
    ]
  })
}

async function listStatements(): Promise<string[]> {
  const { statements } = await import('../oracle/statements.ts')
  const { readSuites } = await import('../suites.ts')
  const { suites } = await readSuites([])
  const covered = new Map<string, number>()
  for (const kase of suites.flatMap(suite => suite.cases)) {
    for (const ref of kase.covers) covered.set(ref, (covered.get(ref) ?? 0) + 1)
  }
  return [...statements.values()].map(
    entry => `${entry.ref}  ${entry.level}  ${covered.get(entry.ref) ?? 0} cases  ${entry.says}`,
  )
}

async function listTargets(): Promise<string[]> {
  const { listProfiles } = await import('../targets/index.ts')
  return (await listProfiles()).map(
    profile =>
      `${profile.name}  ${profile.role}  ${profile.versions.join(', ')}  ${profile.about ?? ''}${profile.install ? `  [${profile.install.split('\n')[0]}]` : ''}`,
  )
}

async function listFaults(): Promise<string[]> {
  const { faultTitles } = await import('../model/fault.ts')
  return Object.entries(faultTitles).map(([name, title]) => `${name}  ${title}`)
}

async function listReporters(): Promise<string[]> {
  const { reporters } = await import('../reporters/index.ts')
  return Object.entries(reporters).map(([name, entry]) => `${name}  ${entry.title}`)
}
