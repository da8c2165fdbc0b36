import { didYouMean } from '../../model/schema/near.ts'
import type { Node, ScalarNode } from '../../model/schema/node.ts'
import { type Context, report } from '../../model/schema/schema.ts'
import { limitVariables } from '../limits.ts'
import { spanWithin, splitVariables } from '../variables.ts'
import { builtins } from './bindings.ts'

/**
 * For steps that cannot be read, so that nobody can follow what they bind: a variable that stands in one place alone, and that nothing
 * else is called, is a mistake whatever the rest comes to. It is shown with the others instead of after them.
 *
 * What a fragment binds stands elsewhere; where one is used, nothing is claimed.
 */
export function checkLoneVariables(
  nodes: readonly Node[],
  matrix: Iterable<string>,
  context: Context,
): void {
  const found = new Found()
  for (const node of nodes) found.walk(node)
  if (found.usesFragment) return
  const known = new Set([...builtins, ...limitVariables.keys(), ...matrix, ...found.counters])
  for (const [name, places] of found.variables) {
    const [place] = places
    if (!place || places.length > 1 || known.has(name) || name === '_') continue
    const near = didYouMean(name, [
      ...known,
      ...[...found.variables.keys()].filter(n => n !== name),
    ])
    const hint = near.hint ? { hint: near.hint.replace('"', '"$') } : {}
    const span = spanWithin(place.node, place.at, name.length + 1)
    report(context, 'UNBOUND', `$${name} stands nowhere else in this scenario`, span, hint)
  }
}

class Found {
  usesFragment = false
  readonly counters = new Set<string>()
  readonly variables = new Map<string, { node: ScalarNode; at: number }[]>()

  walk(node: Node): void {
    switch (node.kind) {
      case 'scalar':
        return this.scalar(node)
      case 'list':
        for (const item of node.items) this.walk(item)
        return
      case 'map':
        for (const { key, value } of node.entries) {
          if (key === 'use') this.usesFragment = true
          if (key === 'as' && value.kind === 'scalar') this.counters.add(value.text)
          this.walk(value)
        }
        return
    }
    node satisfies never
  }

  private scalar(node: ScalarNode): void {
    const split = splitVariables(node.text)
    if (node.written !== undefined || 'loneDollarAt' in split) return
    for (const part of split.parts) {
      if (typeof part === 'string') continue
      const places = this.variables.get(part.name)
      if (places) places.push({ node, at: part.at })
      else this.variables.set(part.name, [{ node, at: part.at }])
    }
  }
}
