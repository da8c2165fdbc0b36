/** Part `index` (from 1) of `count`: every count-th entry, so that slow neighbours are spread. */
export function shardOf<T>(all: T[], shard?: { index: number; count: number }): T[] {
  if (!shard) return all
  return all.filter((_, i) => i % shard.count === shard.index - 1)
}
