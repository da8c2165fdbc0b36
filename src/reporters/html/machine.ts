import type { EdgeSeen, Machine } from '../../model/exploration.ts'
import { html, lines, type Markup } from './markup.ts'

/*
 * The state machines of the target as a search went through them: a circle for each state, an arrow for each edge, the thicker the more
 * often it was taken; red where a defect stood, dashed where nobody came.
 */

const radius = 24
const gap = 250
/** Where the circles stand, with room above for arrows that pass a state. */
const middleY = 140
const places: { readonly [state: string]: number } = {
  S0: 0,
  S1: 1,
  S2: 2,
  R0: 0,
  R1: 1,
  A0: 0,
  A1: 1,
  B0: 0,
}

/** The machines of one version, and the edges that were never taken with the reason. */
export function machineHtml({ version, edges }: Machine): Markup {
  const groups = new Map<string, EdgeSeen[]>()
  for (const edge of edges) {
    const name = `QoS ${edge.qos}, the target as ${edge.role}`
    groups.set(name, [...(groups.get(name) ?? []), edge])
  }
  const never = edges.filter(({ times }) => times === 0)
  const list = never.map(
    ({ role, from, event, why = '' }) => html`<li>${`${role} ${from}, ${event}: ${why}`}</li>`,
  )
  return lines(
    html`<h3>${version}</h3>`,
    ...[...groups].map(([name, own]) => drawing(name, own)),
    list.length > 0 ? html`<p>Never taken:</p><ul>${list}</ul>` : undefined,
  )
}

function drawing(name: string, edges: readonly EdgeSeen[]): Markup {
  const states = [...new Set(edges.flatMap(({ from, to }) => [from, to]))].sort()
  const width = states.length * gap + 60
  const lanes = new Map<string, number>()
  const most = Math.max(1, ...edges.map(({ times }) => times))
  let low = 0
  const arrows = edges.map(edge => {
    const key = [edge.from, edge.to].sort().join()
    const lane = lanes.get(key) ?? 0
    lanes.set(key, lane + 1)
    low = Math.max(low, lane)
    return arrow(edge, lane, most)
  })
  const height = middleY + 62 + low * 26
  const circles = states.map(state => {
    const x = xOf(state)
    return html`<circle cx="${x}" cy="${middleY}" r="${radius}" class="state"/><text x="${x}" y="${middleY + 5}" text-anchor="middle">${state}</text>`
  })
  return html`<figure><figcaption>${name}</figcaption><svg class="machine" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" role="img">${arrows}${circles}</svg></figure>`
}

function xOf(state: string): number {
  return 60 + (places[state] ?? 0) * gap
}

function arrow(edge: EdgeSeen, lane: number, most: number): Markup {
  const { from, to, event, times, broke } = edge
  const state = broke > 0 ? 'broke' : times === 0 ? 'never' : 'taken'
  const width = (1 + (4 * Math.log1p(times)) / Math.log1p(most)).toFixed(1)
  const text = `${event} ${times === 0 ? '' : `× ${times}`}`
  if (from === to) {
    const x = xOf(from)
    const y = middleY + 42 + lane * 26
    const loop = `M ${x - 12} ${middleY + radius - 3} Q ${x} ${y + 10} ${x + 12} ${middleY + radius - 3}`
    return html`<path class="${state}" d="${loop}" stroke-width="${width}"/><text class="${state}" x="${x + 18}" y="${y + 6}">${text}</text>`
  }
  const [x1, x2] = [xOf(from), xOf(to)]
  const step = x2 > x1 ? 1 : -1
  const middle = (x1 + x2) / 2
  const far = Math.abs(x2 - x1) > gap
  // The top of a bow is half way to its control point.
  const bow = far ? 10 - lane * 50 : middleY - 60 + lane * 44
  const path = `M ${x1 + step * radius} ${middleY} Q ${middle} ${bow} ${x2 - step * radius} ${middleY}`
  const head = `M ${x2 - step * radius} ${middleY} l ${-step * 8} -5 l 0 10 z`
  const textY = (middleY + bow) / 2 - 4
  return html`<path class="${state}" d="${path}" stroke-width="${width}"/><path class="${state} head" d="${head}"/><text class="${state}" x="${middle}" y="${textY}" text-anchor="middle">${text}</text>`
}
