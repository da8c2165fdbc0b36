import { writeFile } from 'node:fs/promises'
import { wrap } from '../../reporters/text/columns.ts'
import { probeTarget, profileOf, type TargetProbe } from '../../run/probe-target.ts'
import { UsageError } from '../../run/usage-error.ts'
import type { Io } from '../io.ts'

export type ProbeCommandOptions = Parameters<typeof probeTarget>[0] & {
  json?: boolean
  writeProfile?: string
}

/** `mqttspec probe`: prints what a target is, as text or JSON, and writes the profile that follows from it. Exit code 0 where it was asked. */
export async function probeCommand(
  { json = false, writeProfile, ...options }: ProbeCommandOptions,
  { stdout }: Pick<Io, 'stdout'>,
): Promise<number> {
  const probe = await probeTarget(options)
  stdout.write(json ? `${JSON.stringify(probe, undefined, 2)}\n` : textOf(probe))
  if (writeProfile !== undefined) {
    await writeFile(writeProfile, profileOf(probe), { flag: 'wx' }).catch(
      (error: NodeJS.ErrnoException) => {
        const why = error.code === 'EEXIST' ? 'there is a file of that name already' : error.message
        throw new UsageError(`--write-profile ${writeProfile}: ${why}`)
      },
    )
  }
  return 0
}

function textOf(probe: TargetProbe): string {
  const { name, role, address, versions, limits, choices, prerequisites, lacks } = probe
  const unmet = prerequisites.filter(({ met }) => !met)
  const lines = [
    `${name} (${role}, ${address})`,
    row('versions', versions.join(', ')),
    row('limits', pairs(limits) || 'none announced'),
    row('choices', pairs(choices) || 'none seen'),
    row('works', workingText(prerequisites, versions) || 'nothing'),
    ...unmet.map(({ id, why }) => row('does not', `${shortId(id)}: ${why ?? 'no reason'}`)),
    ...(lacks.length > 0 ? [row('lacks', lacks.join(', '))] : []),
  ]
  return `${lines.join('\n')}\n`
}

/** What works, each once; a version is named only where it is not so in all. */
function workingText(all: TargetProbe['prerequisites'], versions: readonly string[]): string {
  const working = new Map<string, string[]>()
  for (const { id, met } of all) {
    const [name = '', version = ''] = shortId(id).split(':')
    if (met) working.set(name, [...(working.get(name) ?? []), version])
  }
  return [...working]
    .map(([name, of]) => (of.length === versions.length ? name : `${name} (${of.join(', ')})`))
    .join(', ')
}

/** As wide as a terminal is at least; what follows stands below its beginning. */
function row(label: string, text: string): string {
  return wrap(text, 70)
    .map((line, at) => `${(at === 0 ? label : '').padEnd(10)}${line}`)
    .join('\n')
}

function pairs(entries: { [name: string]: string | number | boolean }): string {
  return Object.entries(entries)
    .map(([name, value]) => `${name} ${value}`)
    .join(', ')
}

function shortId(id: string): string {
  return id.split('/').at(-1) ?? id
}
