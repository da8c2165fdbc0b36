import type { Place } from './finding.ts'
import type { Node } from './schema/node.ts'
import type { Problem } from './schema/problem.ts'
import { readYaml } from './schema/read-yaml.ts'
import { day, flag, text, textLike } from './schema/scalars.ts'
import { mapped } from './schema/schema.ts'
import { listOf, may, must, record } from './schema/shapes.ts'

/** A failure that is accepted for now, and by which ticket. */
export type KnownIssue = {
  /** Id of a case; `*` stands for any characters. */
  case: string
  /** The statement whose breach is accepted; any breach without it. `5.0:MQTT-4.3.3-10`. */
  statement?: string
  ticket: string
  /** The last day on which it is accepted, YYYY-MM-DD, UTC. */
  expires?: string
  /** The failure comes and goes by the target's own races: the case may also pass. */
  intermittent?: boolean
  note?: string
  place: Place
}

/** Reads a list of accepted failures; every mistake in it is a problem with its place. */
export function parseKnownIssues(
  path: string,
  source: string,
): { entries: KnownIssue[]; problems: Problem[] } {
  const { root, problems } = readYaml(path, source)
  // An empty list is a good list: nothing is accepted.
  if (!root) return { entries: [], problems: isBlank(source) ? [] : problems }
  const report = (problem: Problem) => problems.push(problem)
  const entries = knownIssues.read(root, { report, locals: new Map() })
  return { entries: entries ?? [], problems }
}

function isBlank(source: string): boolean {
  return source.split('\n').every(line => /^\s*(#.*)?$/.test(line))
}

const entry = record(
  {
    case: must(
      textLike('the id of a case, "*" for any characters', /\S/),
      'Id of the case; `*` stands for any characters.',
    ),
    statement: may(
      textLike(
        'a statement such as 5.0:MQTT-4.3.3-10',
        /^(3\.1|3\.1\.1|5\.0):(MQTT-\d+\.\d+\.\d+-\d+|§\d+(\.\d+)*)$/,
      ),
      'The statement whose breach is accepted.',
    ),
    ticket: must(textLike('where it is reported', /\S/), 'Where the failure is reported.'),
    expires: may(day(), 'The last day on which it is accepted.'),
    intermittent: may(flag(), 'true: a race of the target; the case may also pass.'),
    note: may(text(), 'Anything else worth knowing.'),
  },
  'an accepted failure: case, statement, ticket, expires, intermittent, note',
)

const knownIssues = listOf(
  mapped(entry, (read, node: Node): KnownIssue => {
    const { file, line, column } = node.span
    return { ...read, place: { file, line, column } }
  }),
)
