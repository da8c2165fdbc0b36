import { type Allowed, describeFault, type Fault, faultsAt } from './fault.ts'
import { describePoint, keyOf, type Point } from './point.ts'

/** One fault at one point: what schedules are made of. */
export type Atom = {
  /** Its place in the table, which replay ids name. */
  index: number
  point: Point
  key: string
  fault: Fault
}

/** What goes wrong in one run. Atoms of later points may only come to pass because of earlier ones. */
export type Schedule = {
  /** Which flow, version and manner: see `Setup`. */
  setup: number
  messages: number
  /** Ascending indexes into the table of atoms. */
  atoms: readonly number[]
}

/** A packet that is sent again comes up to so many times more than in the passing run. */
const repeats = 2

/**
 * All atoms of a flow, from the points of its passing run and from their repetitions, which only faults bring about. The order is
 * fixed: by point as it came, then by how simple the fault is; repetitions last. So an index means the same in every run.
 */
export function atomsOf(points: readonly Point[], allowed: Allowed): Atom[] {
  const known = new Map(points.map(point => [keyOf(point), point]))
  const again: Point[] = []
  for (const point of points) {
    for (let more = 1; more <= repeats; more++) {
      const next = { ...point, nth: point.nth + more, begin: false }
      if (known.has(keyOf(next))) continue
      known.set(keyOf(next), next)
      again.push(next)
    }
  }
  const ordered = [...points].sort(byName).concat(again.sort(byName))
  const atoms: Atom[] = []
  for (const point of ordered) {
    for (const fault of faultsAt(point, allowed)) {
      atoms.push({ index: atoms.length, point, key: keyOf(point), fault })
    }
  }
  return atoms
}

/** Peers run side by side: the order in which their points came is chance, so names decide. */
function byName(a: Point, b: Point): number {
  const x = `${a.peer} ${a.label} ${a.type} ${a.direction} ${a.nth}`
  const y = `${b.peer} ${b.label} ${b.type} ${b.direction} ${b.nth}`
  return x < y ? -1 : x > y ? 1 : 0
}

/** `lose PUBREC of m1 to pub`. */
export function describeAtom({ point, fault }: Atom): string {
  return `${describeFault(fault)} ${describePoint(point)}`
}
