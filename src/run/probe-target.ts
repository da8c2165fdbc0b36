import { stringify } from 'yaml'
import type { RunReport } from '../model/report.ts'
import type { Version } from '../model/version.ts'
import { originOf } from '../scenario/limits.ts'
import type { RunOptions } from './options.ts'
import { run } from './run.ts'

/** What a target is, found by asking. */
export type TargetProbe = {
  name: string
  role: 'broker' | 'client'
  /** Without credentials. */
  address: string
  versions: Version[]
  /** What its CONNACK of 5.0 announces, by the names of the properties. */
  limits: { [property: string]: string | number | boolean }
  /** What the standard leaves to it, and what it does. */
  choices: { [choice: string]: string | number | boolean }
  /** What all else rests on: whether it works, and if not, why. */
  prerequisites: { id: string; met: boolean; why?: string }[]
  /** Features that it lacks, by the names that profiles use. */
  lacks: string[]
}

/**
 * Asks a target what it is: versions, limits, legal choices, and one message at each QoS. Rejects with UsageError and TargetError as
 * `run` does.
 */
export async function probeTarget(
  options: Pick<
    RunOptions,
    'target' | 'mqtt' | 'timeoutScale' | 'signal' | 'topicPrefix' | 'clientIdPrefix' | 'reach'
  >,
): Promise<TargetProbe> {
  return probeOf(await run({ ...options, suites: ['prerequisites/*'] }))
}

/** What the report of a run over the prerequisites says of its target. */
export function probeOf({ target, results }: RunReport): TargetProbe {
  const told = Object.entries(target.fingerprint)
  const isLimit = ([name]: [string, unknown]) => originOf(name, {}) !== undefined
  const prerequisites = results
    // Those of the other role say nothing.
    .filter(({ reason }) => !/^for a (broker|client) as target/.test(reason ?? ''))
    .filter(({ reason }) => !/does not speak MQTT/.test(reason ?? ''))
    .map(({ id, verdict, reason, findings }) => {
      const met = verdict === 'pass' || verdict === 'warn'
      const why = met ? undefined : (reason ?? findings[0]?.message)
      return { id, met, ...(why === undefined ? {} : { why }) }
    })
  return {
    name: target.name,
    role: target.role,
    address: target.address,
    versions: target.versions,
    limits: Object.fromEntries(told.filter(isLimit)),
    choices: Object.fromEntries(told.filter(entry => !isLimit(entry))),
    prerequisites,
    lacks: lacksOf(prerequisites),
  }
}

/** Scenarios of prerequisites by the feature that is lacking where none of them is met. */
const featureOf: { [scenario: string]: string } = {
  'qos-1': 'qos1',
  'qos-2': 'qos2',
  'several-in-flight': 'several-in-flight',
}

function lacksOf(prerequisites: TargetProbe['prerequisites']): string[] {
  return Object.entries(featureOf).flatMap(([scenario, feature]) => {
    const asked = prerequisites.filter(({ id }) => id.includes(`/${scenario}:`))
    return asked.length > 0 && asked.every(({ met }) => !met) ? [feature] : []
  })
}

/** The profile that a probe implies. Credentials are not in it: they are given on the command line or by `$NAME` in the address. */
export function profileOf({ name, role, address, versions, lacks }: TargetProbe): string {
  const settings = {
    name: name.replace(/[^A-Za-z0-9._-]+/g, '-').replace(/^[^A-Za-z0-9]+/, '') || 'target',
    role,
    versions,
    ...(role === 'broker' ? { address } : {}),
    ...(lacks.length > 0 ? { lacks } : {}),
  }
  const wanting =
    role === 'client'
      ? '# adapter: how it is driven; docs and templates stand in fixtures/targets/clients\n'
      : ''
  return `# Found by mqttspec probe.\n${stringify(settings)}${wanting}`
}
