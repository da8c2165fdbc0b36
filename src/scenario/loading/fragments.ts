import { type Entry, isEmpty, type Node } from '../../model/schema/node.ts'
import type { Problem, Span } from '../../model/schema/problem.ts'
import { text, textLike } from '../../model/schema/scalars.ts'
import { type Context, mapped, named, type Schema, wrongType } from '../../model/schema/schema.ts'
import { asMap, byShape, listOf, may, must, record } from '../../model/schema/shapes.ts'
import { stepsNode, variableName } from '../verbs/scene.ts'
import { substitute } from './substitute.ts'

/** A list of steps under a name, with parameters that a use fills in. */
export type Fragment = {
  name: string
  about: string
  /** Without `otherwise` a use must give it. */
  parameters: { name: string; otherwise?: Node; span: Span }[]
  steps: Node & { kind: 'list' }
  span: Span
}

const fragmentName = textLike(
  'a name of small letters, digits and "-"',
  /^[a-z0-9]+(-[a-z0-9]+)*$/,
  'BAD_ID',
)

type Parameter = Fragment['parameters'][number]

const parameters: Schema<Parameter[]> = byShape<Parameter[]>({
  list: listOf(mapped(variableName, (name, { span }): Parameter => ({ name, span }))),
  map: {
    title: 'a map from name to what stands for it otherwise',
    read(node, context) {
      const map = asMap(node)
      if (!map) return wrongType(context, 'a list or a map of parameters', node)
      const read = map.entries.map((entry): Parameter | undefined => {
        const key: Node = { kind: 'scalar', text: entry.key, quoted: true, span: entry.keySpan }
        const name = variableName.read(key, context)
        if (name === undefined) return undefined
        const { value, keySpan: span } = entry
        return isEmpty(value) ? { name, span } : { name, otherwise: value, span }
      })
      return read.every((one): one is Parameter => one !== undefined) ? read : undefined
    },
    json: () => ({ type: 'object' }),
  },
})

const fragmentBody = named(
  'fragment',
  record(
    {
      about: may(text('one line'), 'What the steps are for.'),
      params: may(
        parameters,
        'Names to be given by `with`: a list, or a map to what stands otherwise.',
      ),
      steps: must(stepsNode, 'The steps.'),
    },
    'a fragment: params and steps',
  ),
)

/** `fragments: { name: { params, steps } }` */
export const fragmentsSchema: Schema<Fragment[]> = {
  title: 'a map from name to fragment',
  read(node, context) {
    const map = asMap(node)
    if (!map) return wrongType(context, 'a map from name to fragment', node)
    return map.entries.flatMap(entry => readFragment(entry, context) ?? [])
  },
  json: defs => ({ type: 'object', additionalProperties: fragmentBody.json(defs) }),
}

function readFragment(entry: Entry, context: Context): Fragment | undefined {
  const key: Node = { kind: 'scalar', text: entry.key, quoted: true, span: entry.keySpan }
  const name = fragmentName.read(key, context)
  const body = fragmentBody.read(entry.value, context)
  if (name === undefined || !body || body.steps.kind !== 'list') return undefined
  const parameters = body.params ?? []
  return { name, about: body.about ?? '', parameters, steps: body.steps, span: entry.keySpan }
}

export type Use = { fragment: string; fragmentSpan: Span; arguments: Entry[]; span: Span }

/** `use: name`, or `use: { fragment: name, with: { … } }`. */
export const useSchema: Schema<Use> = {
  title: 'the name of a fragment, or { fragment, with }',
  keys: {
    fragment: { about: 'Its name.', required: true, schema: text() },
    with: { about: 'A value for each parameter.', required: false, schema: text() },
  },
  read(node, context) {
    if (node.kind === 'scalar' && !isEmpty(node)) {
      return { fragment: node.text, fragmentSpan: node.span, arguments: [], span: node.span }
    }
    const read = useForm.read(node, context)
    if (!read) return undefined
    return {
      fragment: read.fragment.text,
      fragmentSpan: read.fragment.span,
      arguments: read.with ?? [],
      span: node.span,
    }
  },
  json: defs => ({ anyOf: [{ type: 'string' }, useForm.json(defs)] }),
}

const useForm = record(
  {
    fragment: must(
      mapped(text('the name of a fragment'), (name, { span }) => ({ text: name, span })),
      'Its name.',
    ),
    with: may(
      {
        title: 'a map from parameter to value',
        read: (node: Node, context: Context): Entry[] | undefined =>
          asMap(node)?.entries ?? wrongType(context, 'a map from parameter to value', node),
        json: () => ({ type: 'object' }),
      },
      'A value for each parameter.',
    ),
  },
  'the name of a fragment, or { fragment, with }',
)

/** Parameters that no step of the fragment mentions. */
export function unusedParameters({ parameters, steps }: Fragment): Fragment['parameters'] {
  const used = new Set<string>()
  const values = new Map(parameters.map(({ name, span }) => [name, emptyAt(span)]))
  substitute(steps, values, used)
  return parameters.filter(({ name }) => !used.has(name))
}

function emptyAt(span: Span): Node {
  return { kind: 'scalar', text: '', quoted: true, span }
}

/** Adds to each problem found in a fragment where the fragment is used. */
export function within(context: Context, used: Span): Context {
  return {
    ...context,
    report: (problem: Problem) =>
      context.report({
        ...problem,
        message: `${problem.message} (in the fragment used at ${used.file}:${used.line}:${used.column})`,
      }),
  }
}

/** The message without the places where its fragment is used. */
export function withoutUse(message: string): string {
  return message.replace(/( \(in the fragment used at [^()]*\))+$/, '')
}
