/** Whom a connection of a proxy leads to: the client under test, or the broker behind. */
export type Side = 'client' | 'broker'

export function otherSide(side: Side): Side {
  return side === 'client' ? 'broker' : 'client'
}
