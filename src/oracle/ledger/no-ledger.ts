import type { Ledger } from './ledger-type.ts'

/**
 * The ledger of a client whose application is neither told what to do nor heard: what became of its messages proves nothing then, and is
 * not kept. Somebody may listen for days.
 */
export const noLedger: Ledger = {
  observe: () => undefined,
  owed: () => [],
  judge: () => [],
  messages: () => [],
  settled: () => false,
}
