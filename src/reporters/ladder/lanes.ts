import type { Row, Shape } from './row.ts'
import type { Signs } from './signs.ts'

/** Where lifelines stand. The target has the second lane, so that messages read from left to right. */
export type Lanes = {
  /** From left to right; `undefined` is the target. */
  actors: (string | undefined)[]
  /** Columns from one lifeline to the next. */
  step: number
  /** Whether labels fit on the arrows; else they stand in the text. */
  labelled: boolean
  /** Columns that all lifelines take together. */
  columns: number
}

type Width = { step: number; labelled: boolean; textMin: number }

const widths: readonly Width[] = [
  { step: 17, labelled: true, textMin: 28 },
  // Five lines, as with two proxies or two applications.
  { step: 13, labelled: true, textMin: 28 },
  { step: 8, labelled: false, textMin: 22 },
  { step: 4, labelled: false, textMin: 22 },
]

/** The roomiest lanes that leave enough for the text, or undefined where there are too many actors for `columns`. */
export function layLanes(
  rows: readonly Row[],
  columns: number,
  order?: readonly string[],
): Lanes | undefined {
  const [first, ...others] = actorsOf(rows)
  const actors = order ? [...order] : [first ?? 'harness', undefined, ...others]
  for (const { step, labelled, textMin } of widths) {
    const taken = (actors.length - 1) * step + 1
    if (columns - taken >= textMin) return { actors, step, labelled, columns: taken }
  }
  return undefined
}

/** The lifelines of one row, with what happens between them. */
export function drawLanes(lanes: Lanes, row: Row, signs: Signs, targetDown: boolean): string {
  const cells = Array.from({ length: lanes.columns }, () => ' ')
  for (const [index, actor] of lanes.actors.entries()) {
    const whole = actor === undefined ? !targetDown : row.connected.has(actor)
    cells[index * lanes.step] = whole ? signs.life : signs.broken
  }
  drawShape(cells, lanes, row.shape, signs)
  return cells.join('')
}

/** Actors by first appearance, those that speak MQTT before applications. */
export function actorsOf(rows: readonly Row[]): string[] {
  const onWire = new Set<string>()
  const others = new Set<string>()
  for (const { shape, connected } of rows) {
    for (const actor of connected) onWire.add(actor)
    if (shape.kind === 'arrow') others.add(shape.actor)
    if (shape.kind === 'point') for (const actor of shape.actors) others.add(actor)
  }
  return [...new Set([...onWire, ...others])]
}

function drawShape(cells: string[], lanes: Lanes, shape: Shape, signs: Signs): void {
  switch (shape.kind) {
    case 'arrow':
      drawArrow(cells, lanes, shape, signs)
      return
    case 'point': {
      const actors = shape.actors.length === 0 ? [undefined] : shape.actors
      for (const actor of actors) {
        const index = lanes.actors.indexOf(actor)
        if (index >= 0) cells[index * lanes.step] = signs[shape.sign]
      }
      return
    }
    case 'restart': {
      cells[lanes.actors.indexOf(undefined) * lanes.step] = signs.fault
      return
    }
    case 'remark':
      return
  }
  shape satisfies never
}

function drawArrow(
  cells: string[],
  lanes: Lanes,
  shape: Extract<Shape, { kind: 'arrow' }>,
  signs: Signs,
): void {
  const target = lanes.actors.indexOf(shape.peer) * lanes.step
  const actor = lanes.actors.indexOf(shape.actor) * lanes.step
  const left = Math.min(actor, target)
  const right = Math.max(actor, target)
  for (let x = left + 1; x < right; x++) cells[x] = signs.lines[shape.line]
  const rightwards = shape.toTarget === target > actor
  const head = rightwards ? signs.right : signs.left
  cells[rightwards ? right - 1 : left + 1] = shape.lost ? signs.lost : head
  if (!lanes.labelled) return
  // The stretch beside the target belongs to this arrow alone, wherever its actor stands.
  const from = target > actor ? target - lanes.step : target
  const label = ` ${shape.label} `.slice(0, lanes.step - 3)
  const start = from + 1 + Math.floor((lanes.step - 1 - label.length) / 2)
  for (const [offset, char] of [...label].entries()) cells[start + offset] = char
}
