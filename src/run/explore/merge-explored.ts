import type { EdgeSeen, Exploration, Machine } from '../../model/exploration.ts'
import type { CaseResult } from '../../model/report.ts'

/** What the parts of a search tried and reached, as one. */
export function mergeExplored(parts: readonly Exploration[]): Exploration | undefined {
  const [first] = parts
  if (!first) return undefined
  const sum = (of: (part: Exploration) => number) => parts.reduce((all, part) => all + of(part), 0)
  const stages = new Set(parts.flatMap(part => Object.keys(part.stages)))
  return {
    schedules: sum(part => part.schedules),
    stages: Object.fromEntries(
      [...stages].map(name => [name, sum(part => part.stages[name] ?? 0)]),
    ),
    points: Math.max(...parts.map(part => part.points)),
    lost: sum(part => part.lost),
    scenarios: parts.flatMap(part => part.scenarios),
    machines: first.machines.map(({ version }) => machineOf(version, parts)),
  }
}

function machineOf(version: Machine['version'], parts: readonly Exploration[]): Machine {
  const all = parts.flatMap(part => part.machines.filter(machine => machine.version === version))
  const edges = (all[0]?.edges ?? []).map((edge, at): EdgeSeen => {
    const { why, ...rest } = edge
    const times = all.reduce((sum, machine) => sum + (machine.edges[at]?.times ?? 0), 0)
    const broke = all.reduce((sum, machine) => sum + (machine.edges[at]?.broke ?? 0), 0)
    return { ...rest, times, broke, ...(times > 0 || why === undefined ? {} : { why }) }
  })
  return { version, edges }
}

/** Each part has a result for each flow: of several the one that tells most, with what all of them tried. */
export function mergeFlowResults(results: readonly CaseResult[]): CaseResult[] {
  const byId = new Map<string, CaseResult>()
  for (const result of results) {
    const known = byId.get(result.id)
    if (!known) byId.set(result.id, result)
    else {
      const better = known.verdict === 'inconclusive' ? result : known
      const notes = [...new Set([...(known.notes ?? []), ...(result.notes ?? [])])]
      byId.set(result.id, { ...better, notes })
    }
  }
  return [...byId.values()]
}
