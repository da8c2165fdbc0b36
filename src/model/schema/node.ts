import type { Span } from './problem.ts'

/**
 * YAML as the schemas read it: every scalar is still text, everything knows where it stands.
 * An empty value (`sub.connect:`) is a plain scalar without text.
 */
export type Node = ScalarNode | ListNode | MapNode

export type ScalarNode = {
  kind: 'scalar'
  text: string
  /** In quotes or a block: never taken for an empty value. */
  quoted: boolean
  span: Span
  /** Set where a variable was replaced: as the author wrote it. */
  written?: string
}
export type ListNode = { kind: 'list'; items: Node[]; span: Span }
export type MapNode = { kind: 'map'; entries: Entry[]; span: Span }
export type Entry = { key: string; keySpan: Span; value: Node }

export function isEmpty(node: Node): boolean {
  return node.kind === 'scalar' && node.text === '' && !node.quoted
}

/** The value under a key, the first if there are several. */
export function entryOf(node: Node, key: string): Entry | undefined {
  return node.kind === 'map' ? node.entries.find(entry => entry.key === key) : undefined
}

/** What came, for a message: `"abc"`, `a list`, `a map`, `nothing`. Names the variable that brought it. */
export function describeNode(node: Node): string {
  if (node.kind === 'list') return node.items.length === 0 ? 'an empty list' : 'a list'
  if (node.kind === 'map') return node.entries.length === 0 ? 'an empty map' : 'a map'
  if (isEmpty(node)) return 'nothing'
  const text = node.text.length > 60 ? `${node.text.slice(0, 60)}…` : node.text
  const from = node.written === undefined ? '' : ` (${node.written})`
  return `${JSON.stringify(text)}${from}`
}

function flow(node: Node, room: number): string {
  if (room <= 0) return '…'
  switch (node.kind) {
    case 'scalar':
      return node.written ?? scalarText(node)
    case 'list':
      return `[${joined(node.items, room, flow)}]`
    case 'map':
      if (node.entries.length === 0) return '{}'
      return `{ ${joined(node.entries, room, entryText)} }`
  }
}

/** `key: value` without braces: how a step stands in its list. */
export function entryText(entry: Entry, room = 100): string {
  const value = isEmpty(entry.value) ? '' : ` ${flow(entry.value, room - entry.key.length - 2)}`
  return `${entry.key}:${value}`
}

function joined<T>(items: T[], room: number, text: (item: T, room: number) => string): string {
  const parts: string[] = []
  let left = room
  for (const item of items) {
    const part = left > 0 ? text(item, left) : '…'
    parts.push(part)
    left -= part.length + 2
    if (left <= 0) break
  }
  return parts.join(', ')
}

function scalarText(node: ScalarNode): string {
  const plain = node.text !== '' && !/[\n\r,[\]{}#]|^\s|\s$|: |^["'&*!|>%@`]/.test(node.text)
  return plain || !node.quoted ? node.text : JSON.stringify(node.text)
}
