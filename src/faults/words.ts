/** An answer of ours, or a packet of somebody else at a proxy. */
export function whose({ packet, from }: { packet: string; from?: 'client' | 'broker' }): string {
  return from ? `${packet} of the ${from}` : `our ${packet}`
}

/** Which way, at a proxy. */
export function towards(side: 'client' | 'broker' | 'both' | undefined): string {
  switch (side) {
    case undefined:
      return ''
    case 'both':
      return ' on both sides'
    case 'client':
    case 'broker':
      return ` towards the ${side}`
  }
}

/** `1 write`, `3 writes`. */
export function count(n: number, one: string): string {
  return `${n} ${one}${n === 1 ? '' : 's'}`
}
