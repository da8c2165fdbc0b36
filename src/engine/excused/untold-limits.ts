import type { Connect } from '../../model/packet.ts'
import { encode } from '../../wire/codec.ts'
import { Skipped } from '../early-end.ts'
import type { Scene } from '../scene.ts'

/*
 * Limits that a broker tells in CONNACK of 5.0 and keeps to where it had no way to tell them: in 3.1 and 3.1.1, and before CONNACK. What
 * breaks them is not asked of it.
 */

/** CONNECT goes out before any limit is told, in 5.0 too. */
export function needRoomFor(scene: Scene, packet: Connect): void {
  if (scene.target.role !== 'broker') return
  if (encode(packet, scene.kase.version).length > toldBytesMax(scene)) {
    notToldInTime(scene, 'Maximum Packet Size')
  }
  if (packet.will?.retain && scene.kase.version !== '5.0') needRetained(scene)
}

/** How large a packet may be by what the target told in 5.0, in bytes. */
export function toldBytesMax({ target, announced }: Scene): number {
  if (target.role !== 'broker') return Number.POSITIVE_INFINITY
  return Number(announced?.maximumPacketSize ?? Number.POSITIVE_INFINITY)
}

export function needRetained(scene: Scene): void {
  if (scene.target.role !== 'broker' || scene.announced?.retainAvailable !== 0) return
  notToldInTime(scene, 'Retain Available')
}

const limitNames = {
  'Maximum Packet Size': 'maximumPacketSize',
  'Retain Available': 'retainAvailable',
} as const

export function notToldInTime({ announced, kase }: Scene, limit: keyof typeof limitNames): never {
  const told = `its CONNACK of 5.0 says ${limit} ${announced?.[limitNames[limit]]}`
  throw new Skipped(
    kase.version === '5.0' ? told : `${told}, which ${kase.version} cannot announce`,
  )
}
