import type { PacketType } from '../model/packet.ts'

/**
 * A place in a flow at which something can go wrong: the n-th time that this packet of this message passes between this peer and
 * the target. It is the same place in every run, whatever ids and times the run has.
 */
export type Point = {
  peer: string
  /** `out` is what we send. */
  direction: 'out' | 'in'
  type: PacketType
  /** Of the message; empty for packets that belong to none. */
  label: string
  /** 1 for the first. */
  nth: number
  /** Of the whole packet. */
  bytes: number
  /** It came before the first step of the flow. */
  begin: boolean
}

export type PointKey = string

export function keyOf(point: Omit<Point, 'bytes' | 'begin'>): PointKey {
  return pointKey(point.peer, point.direction, point.type, point.label, point.nth)
}

export function pointKey(
  peer: string,
  direction: 'out' | 'in',
  type: PacketType,
  label: string,
  nth: number,
): PointKey {
  return `${peer}${direction === 'out' ? '>' : '<'}${type} ${label}#${nth}`
}

/** `PUBREC of m1 at pub`, `the 2nd PUBLISH of m1 at sub`. */
export function describePoint({ peer, direction, type, label, nth }: Point): string {
  const which = nth === 1 ? '' : `the ${ordinal(nth)} `
  const whose = direction === 'out' ? 'from' : 'to'
  return `${which}${type}${label === '' ? '' : ` of ${label}`} ${whose} ${peer}`
}

function ordinal(n: number): string {
  return n === 2 ? '2nd' : n === 3 ? '3rd' : `${n}th`
}
