import {
  type CreateReporter,
  defaultOptions,
  type Reporter,
  type ReporterOptions,
} from './reporter.ts'

type Entry = {
  /** One line for `mqttspec list reporters`. */
  title: string
  /** Loaded only when asked for: some bring a library with them. */
  load(): Promise<CreateReporter>
}

/** Every reporter. To add one: a file beside this one, and its line here. */
export const reporters = {
  pretty: {
    title: 'For people: a live line and drawn failures in a terminal, plain lines in a pipe',
    load: async () => (await import('./pretty.ts')).pretty,
  },
  tap: {
    title: 'TAP 14, with YAML diagnostics',
    load: async () => (await import('./tap.ts')).tap,
  },
  junit: {
    title: 'JUnit XML, which CI systems show',
    load: async () => (await import('./junit.ts')).junit,
  },
  json: {
    title: 'Everything, for other tools; schema/report.json describes it',
    load: async () => (await import('./json.ts')).json,
  },
  markdown: {
    title: 'For the summary of a CI step',
    load: async () => (await import('./markdown.ts')).markdown,
  },
  github: {
    title: 'Annotations in a GitHub job, one for each cause',
    load: async () => (await import('./github.ts')).github,
  },
  badge: {
    title: 'JSON for an endpoint badge of shields.io',
    load: async () => (await import('./badge.ts')).badge,
  },
  html: {
    title: 'One page to open from a CI artifact',
    load: async () => (await import('./html.ts')).html,
  },
} satisfies Record<string, Entry>

export type ReporterName = keyof typeof reporters

export const reporterNames = Object.keys(reporters) as ReporterName[]

export function isReporterName(name: string): name is ReporterName {
  return Object.hasOwn(reporters, name)
}

export async function createReporter(
  name: ReporterName,
  options: Partial<ReporterOptions> = {},
): Promise<Reporter> {
  const create = await reporters[name].load()
  return create({ ...defaultOptions, ...options })
}

export type { Reporter, ReporterOptions } from './reporter.ts'
