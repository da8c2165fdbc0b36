import { coalesce } from './coalesce.ts'
import { cut } from './cut.ts'
import { delay } from './delay.ts'
import { duplicate } from './duplicate.ts'
import type { FaultKindOf, RecordOf } from './fault.ts'
import { hold } from './hold.ts'
import { lose } from './lose.ts'
import { raw } from './raw.ts'
import { refuse } from './refuse.ts'
import { release } from './release.ts'
import { reorder } from './reorder.ts'
import { restart } from './restart.ts'
import { resume } from './resume.ts'
import { split } from './split.ts'
import { stall } from './stall.ts'
import { truncate } from './truncate.ts'

/** Every fault. All else that must know them is made of this table: a new one is its file and its line here. */
export const faults = {
  lose,
  hold,
  release,
  delay,
  duplicate,
  reorder,
  split,
  coalesce,
  truncate,
  cut,
  refuse,
  stall,
  resume,
  raw,
  restart,
}

type Table = typeof faults
export type FaultKind = keyof Table
/** A fault as the trace tells it. */
export type Fault = { [K in FaultKind]: RecordOf<K, Table[K]['facts']> }[FaultKind]

/** Faults that a fake client or fake broker does to packets, and those that a proxy does. */
export type PeerFault = {
  [K in FaultKind]: Table[K] extends { peer: object } ? K : never
}[FaultKind]
export type ProxyFault = {
  [K in FaultKind]: Table[K] extends { proxy: object } ? K : never
}[FaultKind]

/** The table as code that serves every fault reads it: each form takes what its own keys hold. */
export const anyFault: { readonly [K in FaultKind]: FaultKindOf<Fault> } = faults as never

/** As the ladder says it. */
export function faultText(fault: Fault): string {
  return anyFault[fault.kind].text(fault)
}
