import type { ContentKey } from './content.ts'

/** When a message first was given to the target; the oldest are forgotten. */
export type Publications = {
  note(key: ContentKey, seq: number): void
  /** Undefined where it was never given, or too long ago to be remembered. */
  firstSeq(key: ContentKey): number | undefined
}

export function createPublications(max = 4096): Publications {
  const seqs = new Map<ContentKey, number>()
  return {
    note(key, seq) {
      if (seqs.has(key)) return
      seqs.set(key, seq)
      if (seqs.size <= max) return
      for (const oldest of seqs.keys()) {
        seqs.delete(oldest)
        return
      }
    },
    firstSeq: key => seqs.get(key),
  }
}
