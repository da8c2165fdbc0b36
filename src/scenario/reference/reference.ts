import { faults } from '../../faults/index.ts'
import { features } from '../../model/features.ts'
import { packetTypes } from '../../model/packet.ts'
import { problemCodes, shownProblemsMax } from '../../model/schema/problem.ts'
import type { Key } from '../../model/schema/schema.ts'
import { verifiers } from '../../oracle/verifiers.ts'
import { limitVariables } from '../limits.ts'
import { useSchema } from '../loading/fragments.ts'
import type { FieldSpec, FieldSpecs } from '../schema/fields.ts'
import { judgingFields } from '../schema/judging.ts'
import { packetFields, subscription, will, wrongOnPurpose } from '../schema/packets.ts'
import { properties } from '../schema/properties.ts'
import { scenarioFields, suiteFields } from '../schema/suite.ts'
import { appEvents } from '../verbs/app.ts'
import { verbs } from '../verbs/index.ts'
import type { ActorKind, Verb } from '../verbs/step-kind.ts'
import * as prose from './prose.ts'

/** The reference page of the language, in Markdown, made of what the parser checks. */
export function languageReference(): string {
  const parts = [
    prose.opening,
    `## Keys of a suite\n\n${keysTable(suiteFields)}`,
    `## Keys of a scenario\n\n${keysTable(scenarioFields)}`,
    prose.ids,
    prose.actors,
    `${prose.judging}\n${keyRows(judgingFields)}\n\n${prose.expecting}`,
    prose.breaking,
    ...sections.map(section),
    packetsPart(),
    prose.matchers,
    prose.variables.replace('LIMITS', limitsTable()),
    prose.fragments,
    prose.time,
    `${prose.requires}\n\n${table(['feature', 'meaning'], rowsOf(features))}`,
    verifiersPart(),
    `## Faults\n\nWhat a run can do on purpose, as ladders and reports name it.\n\n${table(['fault', 'meaning'], faultRows())}`,
    mistakesPart(),
  ]
  return `${parts.join('\n\n')}\n`
}

const sections: { title: string; kind: ActorKind; but?: ActorKind }[] = [
  { title: 'Verbs of a fake client', kind: 'client' },
  { title: 'Verbs of a fake broker', kind: 'broker', but: 'client' },
  { title: 'Verbs of a proxy', kind: 'proxy' },
  { title: 'Verbs of the application on a client under test', kind: 'app' },
  { title: 'Verbs of the target', kind: 'target' },
  { title: 'Verbs of the whole scene', kind: 'scene' },
]

function section({ title, kind, but }: (typeof sections)[number]): string {
  const all = Object.entries(verbs[kind])
  const own = all.filter(([, verb]) => !but || !verb.actors.includes(but))
  const shared = all.filter(entry => !own.includes(entry)).map(([name]) => `\`${name}\``)
  const alsoOf = shared.length > 0 ? [`Those of a fake client are: ${shared.join(', ')}.`] : []
  const more = kind === 'scene' ? [useText()] : kind === 'app' ? [eventsText()] : []
  const opening = kind === 'proxy' ? [prose.proxy] : []
  return [
    `## ${title}`,
    ...alsoOf,
    ...opening,
    ...own.map(([name, verb]) => verbText(name, verb)),
    ...more,
  ].join('\n\n')
}

function verbText(name: string, { about, kind, example, schema }: Verb): string {
  const all = Object.entries(schema.keys ?? {})
  const own = all.filter(([key]) => !Object.hasOwn(judgingFields, key))
  const value = own.length === 0 || !/^a map$/.test(schema.title) ? [`Value: ${schema.title}.`] : []
  const keys = own.length === 0 ? [] : [keysTable(Object.fromEntries(own))]
  const judged = own.length < all.length ? ['Also `level`, `cite` and `given`.'] : []
  const said = [`${about} *${sentence(kind)}*`, `\`\`\`yaml\n- ${example}\n\`\`\``]
  return [`### ${name}`, ...said, ...value, ...keys, ...judged].join('\n\n')
}

function eventsText(): string {
  const events = Object.entries(appEvents).map(([event, fields]) => {
    const names = Object.keys(fields).map(name => `\`${name}\``)
    return [`\`${event}\``, names.join(', ')]
  })
  return `### Events of an application\n\n${table(['event', 'fields'], events)}`
}

function useText(): string {
  const about = 'The steps of a fragment stand here; see Fragments.'
  return ['### use', about, keysTable(useSchema.keys ?? {})].join('\n\n')
}

function sentence(text: string): string {
  return `${text.charAt(0).toUpperCase()}${text.slice(1)}.`
}

function packetsPart(): string {
  const packets = packetTypes.map(type => {
    const rows = fieldRows(packetFields[type])
    return `### ${type}\n\n${rows.length === 0 ? 'No fields.' : table(['field', 'value', 'meaning'], rows)}`
  })
  return [
    '## Packets',
    'To send, a field left out has the default of the standard; any field may be wrong on purpose. Text and payloads may be `{ hex: "00 ff" }`, bytes that may be no text, or `{ size: 1000 }`, so many reproducible bytes. Beside the fields of any packet may stand',
    keysTable(wrongOnPurpose),
    ...packets,
    '### The fields of `will`',
    specTable(will),
    '### The fields of each of `filters`',
    specTable(subscription),
    '### The fields of `properties`',
    specTable(properties),
  ].join('\n\n')
}

function specTable(spec: FieldSpec): string {
  return spec.shape === 'fields'
    ? table(['field', 'value', 'meaning'], fieldRows(spec.fields))
    : spec.about
}

function fieldRows(specs: FieldSpecs): string[][] {
  return Object.entries(specs).map(([name, spec]) => [`\`${name}\``, kindOf(spec), spec.about])
}

function kindOf(spec: FieldSpec): string {
  switch (spec.shape) {
    case 'scalar':
      return spec.scalar.title
    case 'bytes':
      return 'text or bytes'
    case 'list':
      return `a list, each ${kindOf(spec.item)}`
    case 'fields':
      return `the fields of ${spec.name}`
  }
}

function verifiersPart(): string {
  const texts = Object.entries(verifiers).map(([name, { title, args }]) => {
    const rows = Object.entries(args).map(([arg, spec]) => [
      `\`${arg}\`${spec.required ? ' (required)' : ''}`,
      spec.kind,
      sentence(spec.title),
    ])
    const told = rows.length === 0 ? [] : [table(['argument', 'value', 'meaning'], rows)]
    return [`### ${name}`, sentence(title), ...told].join('\n\n')
  })
  return [
    '## Verifiers',
    'Judgements over all messages of the case, at its end, beside what the referee and the ledger always judge: `verify: [exactly-once, { delivered: { payload: once, times: 2 } }]`.',
    ...texts,
  ].join('\n\n')
}

function limitsTable(): string {
  const rows = [...limitVariables].map(([name, about]) => [`\`$${name}\``, about])
  return table(['variable', 'value'], rows)
}

function faultRows(): string[][] {
  return Object.values(faults).map(({ kind, title }) => [`\`${kind}\``, title])
}

function mistakesPart(): string {
  return [
    '## Mistakes',
    `All mistakes of all files are shown at once, at most ${shownProblemsMax} of them. The codes are stable.`,
    table(['code', 'meaning'], rowsOf(problemCodes)),
  ].join('\n\n')
}

function keysTable(keys: { readonly [key: string]: Key }): string {
  return `| key | value | meaning |\n|---|---|---|\n${keyRows(keys)}`
}

function keyRows(keys: { readonly [key: string]: Key }): string {
  return Object.entries(keys)
    .map(([key, { about, required, schema }]) => {
      const name = `\`${key}\`${required ? ' (required)' : ''}`
      return row([name, schema.title, about])
    })
    .join('\n')
}

function rowsOf(titles: { readonly [name: string]: string }): string[][] {
  return Object.entries(titles).map(([name, title]) => [`\`${name}\``, title])
}

function table(heads: string[], rows: string[][]): string {
  return [row(heads), row(heads.map(() => '---')), ...rows.map(row)].join('\n')
}

function row(cells: string[]): string {
  return `| ${cells.map(cell => cell.replaceAll('|', '\\|').replaceAll('\n', ' ')).join(' | ')} |`
}
