/** Non-zero numbers, 16 bytes each at most: a `Set` of a hundred thousand takes several times that. */
export type KeySet = {
  readonly size: number
  add(key: number): void
  has(key: number): boolean
}

/** Open addressing with linear probing; the table doubles when it is half full. */
export function createKeySet(): KeySet {
  // Most cases keep none.
  let table = new Float64Array(1)
  let size = 0

  function slotOf(key: number): number {
    const mask = table.length - 1
    let slot = (key ^ (key / 0x1_0000_0000)) & mask
    while (table[slot] !== 0 && table[slot] !== key) slot = (slot + 1) & mask
    return slot
  }

  function grow(): void {
    const old = table
    table = new Float64Array(Math.max(1024, old.length * 2))
    for (const key of old) if (key !== 0) table[slotOf(key)] = key
  }

  return {
    get size() {
      return size
    },
    add(key) {
      if (size === 0) grow()
      const slot = slotOf(key)
      if (table[slot] === key) return
      table[slot] = key
      size += 1
      if (size * 2 > table.length) grow()
    },
    has: key => key !== 0 && table[slotOf(key)] === key,
  }
}
