import type { ScalarNode } from '../model/schema/node.ts'
import type { Span } from '../model/schema/problem.ts'
import type { Ref } from './step-parts.ts'

/*
 * `$name` and `${name}` are variables, `$$` is a dollar. A name begins with a letter or `_`.
 */

export type Part = string | { name: string; at: number; length: number }

/** The text in pieces; undefined where a dollar stands alone. `at` is the index of that dollar. */
export function splitVariables(text: string): { parts: Part[] } | { loneDollarAt: number } {
  const parts: Part[] = []
  let literal = ''
  for (let i = 0; i < text.length; i++) {
    if (text[i] !== '$') {
      literal += text[i]
      continue
    }
    if (text[i + 1] === '$') {
      literal += '$'
      i++
      continue
    }
    const name = nameAt(text, i + 1)
    if (!name) return { loneDollarAt: i }
    if (literal) parts.push(literal)
    literal = ''
    parts.push({ name: name.name, at: i, length: name.length + 1 })
    i += name.length
  }
  if (literal) parts.push(literal)
  return { parts }
}

const plainName = /[A-Za-z_][A-Za-z0-9_]*/y
const bracedName = /\{([A-Za-z_][A-Za-z0-9_]*)\}/y

function nameAt(text: string, at: number): { name: string; length: number } | undefined {
  plainName.lastIndex = at
  const plain = plainName.exec(text)
  if (plain) return { name: plain[0], length: plain[0].length }
  bracedName.lastIndex = at
  const braced = bracedName.exec(text)
  return braced ? { name: braced[1]!, length: braced[0].length } : undefined
}

/** Where part of a scalar stands; exact for text on one line, else the start of the scalar. */
export function spanWithin(node: ScalarNode, at: number, length: number): Span {
  const { span } = node
  if (node.written !== undefined || node.text.includes('\n')) return span
  const quote = node.quoted && span.length === node.text.length + 2 ? 1 : 0
  if (span.length !== node.text.length + quote * 2) return span
  return { ...span, column: span.column + quote + at, length }
}

export function refAt(node: ScalarNode, part: { name: string; at: number; length: number }): Ref {
  const { file, line, column } = spanWithin(node, part.at, part.length)
  return { kind: 'ref', name: part.name, place: { file, line, column } }
}
