import type { Allowed } from './fault.ts'
import { keyOf, type Point } from './point.ts'
import { type Atom, atomsOf } from './schedule.ts'

/** What can go wrong in one setup with so many messages: made from the points of its passing run. */
export type Table = {
  atoms: Atom[]
  /** Every point that has atoms, with their indexes. */
  points: { point: Point; key: string; atoms: number[]; passing: boolean }[]
  /** Index into `points`. */
  byKey: Map<string, number>
}

export function tableOf(passing: readonly Point[], allowed: Allowed): Table {
  const atoms = atomsOf(passing, allowed)
  const keys = new Set(passing.map(keyOf))
  const table: Table = { atoms, points: [], byKey: new Map() }
  for (const { index, key, point } of atoms) {
    let at = table.byKey.get(key)
    if (at === undefined) {
      at = table.points.length
      table.byKey.set(key, at)
      table.points.push({ point, key, atoms: [], passing: keys.has(key) })
    }
    table.points[at]!.atoms.push(index)
  }
  return table
}

/** The same faults in the table of another number of messages; undefined where one of them has no place there. */
export function translated(atoms: readonly number[], from: Table, to: Table): number[] | undefined {
  const found = atoms.map(index => {
    const { key, fault } = from.atoms[index]!
    const at = to.byKey.get(key)
    if (at === undefined) return -1
    const wanted = JSON.stringify(fault)
    return to.points[at]!.atoms.find(one => JSON.stringify(to.atoms[one]!.fault) === wanted) ?? -1
  })
  return found.includes(-1) ? undefined : found
}
