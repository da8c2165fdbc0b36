import type { Chance } from './random-schedules.ts'
import type { Schedule } from './schedule.ts'
import { type Table, translated } from './table.ts'

export type ShrinkOptions = {
  /** Whether the schedule fails in the same way, run alone. */
  fails(schedule: Schedule): Promise<boolean>
  /** The table of the schedule's setup with so many messages; undefined where such a flow does not pass. */
  tableFor(messages: number): Promise<Table | undefined>
  /** How many schedules may be tried. */
  triesMax: number
}

/**
 * The same failure with fewer faults, fewer messages and simpler faults: fast-check takes the failing schedule as an example and
 * shrinks it. Atoms are numbered by how simple they are, so its way towards zero is ours.
 */
export async function shrink(
  fc: Chance,
  failing: Schedule,
  { fails, tableFor, triesMax }: ShrinkOptions,
): Promise<Schedule> {
  const whole = await tableFor(failing.messages)
  if (!whole) return failing
  let best = failing
  let tries = 0
  const still = async (messages: number, atoms: readonly number[]): Promise<boolean> => {
    // The example itself is known to fail; behind the limit nothing fails any more, which ends the shrinking.
    if (messages === failing.messages && same(atoms, failing.atoms)) return true
    if (tries >= triesMax || new Set(atoms).size < atoms.length) return false
    const table = messages === failing.messages ? whole : await tableFor(messages)
    const own = table && translated(atoms, whole, table)
    if (!own) return false
    const schedule = { setup: failing.setup, messages, atoms: own }
    tries += 1
    if (!(await fails(schedule))) return false
    best = schedule
    return true
  }
  const property = fc.asyncProperty(
    fc.integer({ min: 1, max: Math.max(1, failing.messages) }),
    fc.array(fc.integer({ min: 0, max: Math.max(0, whole.atoms.length - 1) }), {
      maxLength: failing.atoms.length,
    }),
    async (messages, atoms) => !(await still(messages, atoms)),
  )
  const example: [number, number[]] = [Math.max(1, failing.messages), [...failing.atoms]]
  await fc.check(property, { examples: [example], numRuns: 1, seed: 1 })
  return best
}

function same(a: readonly number[], b: readonly number[]): boolean {
  return a.length === b.length && a.every((value, index) => value === b[index])
}
