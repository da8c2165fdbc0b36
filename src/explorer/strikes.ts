import type { Fault } from '../explore/fault.ts'
import { type Point, pointKey } from '../explore/point.ts'
import type { Atom } from '../explore/schedule.ts'
import type { Packet } from '../model/packet.ts'

/** Counts the points of one run as they come, and says which of them is struck. */
export class Strikes {
  readonly points: Point[] = []
  struck = 0
  /** How many points had come when the last fault struck. */
  struckAt = 0
  /** The first step of the flow has begun. */
  inSteps = false
  private readonly times = new Map<string, number>()
  private readonly armed: Map<string, Fault>

  constructor(atoms: readonly Atom[]) {
    this.armed = new Map(atoms.map(({ key, fault }) => [key, fault]))
  }

  /** A packet is about to pass: the fault that befalls it. */
  pass(
    peer: string,
    direction: 'out' | 'in',
    { type }: Packet,
    label: string,
    bytes: number,
  ): Fault | undefined {
    const place = `${peer}${direction}${type}${label}`
    const nth = (this.times.get(place) ?? 0) + 1
    this.times.set(place, nth)
    this.points.push({ peer, direction, type, label, nth, bytes, begin: !this.inSteps })
    if (this.armed.size === 0) return undefined
    const fault = this.armed.get(pointKey(peer, direction, type, label, nth))
    if (!fault || !fits(fault, bytes)) return undefined
    this.struck += 1
    this.struckAt = this.points.length
    return fault
  }
}

/** A repetition may be shorter than the first: what lies behind its end does not come to pass. */
function fits(fault: Fault, bytes: number): boolean {
  if (fault.kind === 'cut-inside') return fault.keepBytes < bytes
  return fault.kind !== 'split' || fault.at === 'every' || fault.at < bytes
}
