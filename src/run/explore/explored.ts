import type { Defect } from '../../explore/defect.ts'
import { type Edge, type EdgeName, edgeNames, edges, whyNever } from '../../explore/edges.ts'
import { caseIdOf, type Setup } from '../../explore/setup.ts'
import type { Explored } from '../../explorer/explorer.ts'
import type { EdgeSeen, Exploration, Machine } from '../../model/exploration.ts'
import type { CaseResult } from '../../model/report.ts'
import type { Version } from '../../model/version.ts'

/** What a search found, as a report tells it. */
export function explorationOf(explored: Explored, setups: readonly Setup[]): Exploration {
  const { search, schedules, lost } = explored
  const found = [...new Set(setups.map(({ version }) => version))]
  return {
    schedules,
    stages: { ...search.counts },
    points: search.points,
    lost: lost.times,
    scenarios: explored.defects.flatMap(({ scenario, replay, schedule }) => {
      const setup = setups.find(({ index }) => index === schedule.setup)
      return scenario && setup ? [{ id: `${caseIdOf(setup)}:${replay}`, ...scenario }] : []
    }),
    machines: found.map(version => machineOf(version, explored, setups)),
  }
}

function machineOf(version: Version, explored: Explored, setups: readonly Setup[]): Machine {
  const times = new Map<EdgeName, number>()
  const ids = new Set(setups.filter(setup => setup.version === version).map(caseIdOf))
  for (const id of ids) {
    for (const [edge, count] of explored.search.taken.get(id) ?? []) {
      times.set(edge, (times.get(edge) ?? 0) + count)
    }
  }
  const broke = explored.defects.filter(({ statement }) => statement.startsWith(`${version}:`))
  return {
    version,
    edges: edgeNames.map(name => {
      const { role, qos, from, event, to }: Edge = edges[name]
      const taken = times.get(name) ?? 0
      const seen: EdgeSeen = {
        role,
        qos,
        from,
        event,
        to,
        times: taken,
        broke: broke.filter(({ state }) => state === `${role} ${from}`).length,
      }
      return taken > 0 ? seen : { ...seen, why: whyNever(name, version) }
    }),
  }
}

/** One result for each flow in each version, and one for each defect, which comes behind that of its flow. */
export function resultsOf(
  explored: Explored,
  setups: readonly Setup[],
  replayOf: (defect: Defect, setup: Setup) => string,
): CaseResult[] {
  const byId = new Map<string, Setup[]>()
  for (const setup of setups) {
    const id = caseIdOf(setup)
    byId.set(id, [...(byId.get(id) ?? []), setup])
  }
  return [...byId].flatMap(([id, own]) => {
    const [first] = own
    if (!first) return []
    const indexes = new Set(own.map(({ index }) => index))
    const defects = explored.defects.filter(({ schedule }) => indexes.has(schedule.setup))
    return [
      flowResult(id, first, explored),
      ...defects.map(defect => defectResult(id, first, defect, replayOf(defect, first))),
    ]
  })
}

export function flowResult(id: string, setup: Setup, explored: Explored): CaseResult {
  const edgesTaken = explored.search.taken.get(id)?.size ?? 0
  const ran = explored.search.ran.get(id) ?? 0
  return {
    ...common(id, setup),
    // A flow whose turn never came says nothing, and takes nothing from the others.
    verdict: ran > 0 ? 'pass' : explored.lost.reason === '' ? 'skipped' : 'inconclusive',
    reason: ran > 0 ? '' : explored.lost.reason || 'the time was over before this flow was tried',
    notes: [`${ran} schedules, ${edgesTaken} edges of the state machines`],
    findings: [],
    replay: '',
    trace: [],
  }
}

function defectResult(id: string, setup: Setup, defect: Defect, replay: string): CaseResult {
  const { breach, stable, times, atoms, trace } = defect
  const what = atoms.length === 0 ? 'nothing went wrong but the target' : atoms.join(', then ')
  return {
    ...common(`${id}:${defect.replay}`, setup),
    title: what,
    verdict: !stable ? 'inconclusive' : breach.level === 'MUST' ? 'fail' : 'warn',
    reason: stable
      ? `${breach.statement} ${breach.message}`
      : `unstable: failed ${times === 1 ? 'once' : `${times} times`} among other schedules and not again alone: ${breach.statement} ${breach.message}`,
    notes: [
      `${times} schedules failed in this way; the shortest: ${what}`,
      ...(defect.state === '' ? [] : [`the exchange stood at ${defect.state}`]),
      ...scenarioNotes(defect),
    ],
    findings: stable
      ? [{ ...breach, atMs: trace.find(({ seq }) => seq === breach.seq)?.at ?? 0 }]
      : [],
    replay,
    trace: stable ? trace : [],
  }
}

function scenarioNotes({ scenario, scenarioProblem }: Defect): string[] {
  if (scenarioProblem !== undefined) return [`its scenario cannot be read: ${scenarioProblem}`]
  if (!scenario) return []
  return scenario.fails
    ? ['its scenario fails in the same way (--scenarios DIR writes it)']
    : ['no scenario of it fails in the same way: only the search shows it']
}

/** What was seen over a long search beside its schedules. */
export function longResult(
  memory: string[],
  { schedules }: Explored,
  [first]: readonly Setup[],
): CaseResult[] {
  if (!first) return []
  return [
    {
      ...common(`explore/long:${first.version}`, first),
      suite: 'explore/long',
      title: 'Identifiers come to their end and begin anew, sessions come and go',
      verdict: schedules > 0 ? 'pass' : 'inconclusive',
      reason: schedules > 0 ? '' : 'no schedule was run',
      notes: [`${schedules} schedules`, ...memory],
      findings: [],
      replay: '',
      trace: [],
    },
  ]
}

export function common(id: string, { flow, version }: Setup) {
  return {
    id,
    suite: `explore/${flow.id}`,
    title: flow.title,
    version,
    durationMs: 0,
    sleptMs: 0,
    covers: [],
    bugs: [],
    place: { file: `suites/flows/${flow.id}.yaml`, line: 1, column: 1 },
  }
}
