import { visible, visibleLines } from './visible.ts'

/** An element, its text or its children. Text and attributes are made safe here; names are ours. */
export type Element = {
  name: string
  attributes: { [name: string]: string | number }
  children: Element[] | string
}

export function element(
  name: string,
  attributes: Element['attributes'],
  children: Element['children'] = [],
): Element {
  return { name, attributes, children }
}

/** A whole document, two spaces a level. Text is never indented: white space in it is its own. */
export function writeXml(root: Element): string {
  const parts = ['<?xml version="1.0" encoding="UTF-8"?>\n']
  write(root, '', parts)
  return parts.join('')
}

function write({ name, attributes, children }: Element, indent: string, parts: string[]): void {
  const pairs = Object.entries(attributes).map(([key, value]) => ` ${key}="${attribute(value)}"`)
  parts.push(`${indent}<${name}${pairs.join('')}`)
  if (children.length === 0) {
    parts.push('/>\n')
  } else if (typeof children === 'string') {
    parts.push(`>${escapeXml(visibleLines(children, 60_000))}</${name}>\n`)
  } else {
    parts.push('>\n')
    for (const child of children) write(child, `${indent}  `, parts)
    parts.push(`${indent}</${name}>\n`)
  }
}

/** XML 1.0 has no way to write most control characters, not even as references: they are shown as escapes. */
function attribute(value: string | number): string {
  return escapeXml(visible(String(value), 1000))
}

function escapeXml(text: string): string {
  return text.replace(/[&<>"']/g, char => references[char]!)
}

const references: { [char: string]: string } = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
}
