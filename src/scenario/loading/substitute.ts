import type { Node, ScalarNode } from '../../model/schema/node.ts'
import { type Part, splitVariables } from '../variables.ts'

/** Values by the name of the variable they replace; the text of a scalar is as its author wrote it, dollars doubled. */
export type Substitution = ReadonlyMap<string, Node>

/**
 * The node with variables replaced, in values and in actors (`$who.send`). A scalar that is nothing but the variable
 * becomes the value, whatever that is; within text the value must be text. Names replaced are added to `used`.
 * What has none of them comes back as it is.
 */
export function substitute(node: Node, values: Substitution, used: Set<string>): Node {
  if (values.size === 0) return node
  switch (node.kind) {
    case 'scalar':
      return substituteScalar(node, values, used)
    case 'list': {
      const items = node.items.map(item => substitute(item, values, used))
      return items.every((item, i) => item === node.items[i]) ? node : { ...node, items }
    }
    case 'map': {
      const entries = node.entries.map(entry => {
        const value = substitute(entry.value, values, used)
        const key = substituteKey(entry.key, values, used)
        return value === entry.value && key === entry.key ? entry : { ...entry, key, value }
      })
      return entries.every((entry, i) => entry === node.entries[i]) ? node : { ...node, entries }
    }
  }
}

function substituteScalar(node: ScalarNode, values: Substitution, used: Set<string>): Node {
  if (!node.text.includes('$')) return node
  const split = splitVariables(node.text)
  if ('loneDollarAt' in split) return node
  const known = split.parts.filter(part => typeof part === 'object' && values.has(part.name))
  if (known.length === 0) return node
  for (const part of known) if (typeof part === 'object') used.add(part.name)
  const written = node.written ?? node.text
  const [only] = split.parts
  if (split.parts.length === 1 && typeof only === 'object') {
    const value = values.get(only.name)!
    return value.kind === 'scalar' ? { ...value, span: node.span, written } : value
  }
  const text = split.parts.map(part => textOf(part, values)).join('')
  return { ...node, text, quoted: true, written }
}

function textOf(part: Part, values: Substitution): string {
  if (typeof part === 'string') return part.replaceAll('$', '$$$$')
  const value = values.get(part.name)
  if (value?.kind !== 'scalar') return `\${${part.name}}`
  // Braces keep a variable within the value apart from the text behind it.
  return value.text.replace(/\$\$|\$([A-Za-z_][A-Za-z0-9_]*)/g, (all, name) =>
    name === undefined ? all : `\${${name}}`,
  )
}

function substituteKey(key: string, values: Substitution, used: Set<string>): string {
  if (!key.startsWith('$')) return key
  const name = key.slice(1, key.indexOf('.'))
  const value = values.get(name)
  if (value?.kind !== 'scalar' || !key.includes('.')) return key
  used.add(name)
  return `${value.text}${key.slice(key.indexOf('.'))}`
}
