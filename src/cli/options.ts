import { InvalidArgumentError, Option } from 'commander'
import { isVersion, type Version, versions } from '../model/version.ts'
import { traceChoices } from '../reporters/reporter.ts'
import { transportsOf } from '../targets/reach.ts'

/*
 * Options that several commands have, in the same words, and what reads the values of options.
 */

export function mqttOption(): Option {
  return new Option('--mqtt <versions>', 'only these, such as 3.1.1,5.0').argParser(parseVersions)
}

export function scaleOption(): Option {
  return new Option('--timeout-scale <x>', 'multiply every budget').argParser(parseScale)
}

export function seedOption(): Option {
  return new Option('--seed <n>', 'repeat what chance decided').argParser(
    wholeNumber(0, 4_294_967_295),
  )
}

export function shardOption(): Option {
  return new Option('--shard <i/n>', 'only the i-th of n parts').argParser(parseShard)
}

export function strictOption(): Option {
  return new Option('--strict', 'a broken SHOULD fails the run too')
}

export function secretsOption(): Option {
  return new Option('--show-secrets', 'user names, passwords and authentication data as they are')
}

export function willsOption(): Option {
  return new Option('--hide-wills', 'no payload of a will, as no password')
}

export function endOption(): Option {
  return new Option('--for <seconds>', 'end by itself after so long').argParser(parseSeconds)
}

export function targetOption(): Option {
  return new Option('--target <url|profile|name>', 'what to test (default: the embedded broker)')
}

export function patienceOption(): Option {
  return new Option(
    '--patience <seconds>',
    'what is owed for longer was not sent (default: 10)',
  ).argParser(parseSeconds)
}

export function reporterOption(): Option {
  return new Option(
    '--reporter <name[=file]>',
    'how to report, several times if wanted (mqttspec list reporters)',
  ).argParser((value: string, before: string[] | undefined) => [...(before ?? []), value])
}

export function traceOption(): Option {
  return new Option(
    '--trace <of>',
    'of which cases JSON keeps the packets: what passed rarely needs them (default: failed)',
  ).choices(traceChoices)
}

export function parseTransports(text: string) {
  try {
    return transportsOf(text)
  } catch (error) {
    throw new InvalidArgumentError(error instanceof Error ? error.message : String(error))
  }
}

function parseVersions(text: string): Version[] {
  return text.split(',').map(part => {
    const wanted = part.trim()
    if (isVersion(wanted)) return wanted
    throw new InvalidArgumentError(`expected some of ${versions.join(', ')}, got "${wanted}"`)
  })
}

export function wholeNumber(min: number, max: number) {
  return (text: string): number => {
    const value = Number(text)
    if (Number.isInteger(value) && value >= min && value <= max && text.trim() !== '') return value
    throw new InvalidArgumentError(`expected a whole number from ${min} to ${max}, got "${text}"`)
  }
}

function parseScale(text: string): number {
  const value = Number(text)
  if (value > 0 && value <= 1000) return value
  throw new InvalidArgumentError(`expected a number above 0 and at most 1000, got "${text}"`)
}

export function parseSeconds(text: string): number {
  const value = Number(text)
  if (value > 0 && value <= 1_000_000) return value
  throw new InvalidArgumentError(`expected seconds above 0, got "${text}"`)
}

/** `90`, `90s`, `10m` or `2h`, as seconds. */
export function parseTime(text: string): number {
  const match = /^(\d+(?:\.\d+)?)(s|m|h)?$/.exec(text)
  const seconds = Number(match?.[1]) * { s: 1, m: 60, h: 3600 }[(match?.[2] ?? 's') as 's']
  if (match && seconds > 0 && seconds <= 1_000_000) return seconds
  throw new InvalidArgumentError(`expected a time such as 60s or 10m, got "${text}"`)
}

function parseShard(text: string): { index: number; count: number } {
  const match = /^(\d+)\/(\d+)$/.exec(text)
  const index = Number(match?.[1])
  const count = Number(match?.[2])
  if (match && index >= 1 && index <= count) return { index, count }
  throw new InvalidArgumentError(`expected I/N with I from 1 to N, such as 2/4, got "${text}"`)
}
