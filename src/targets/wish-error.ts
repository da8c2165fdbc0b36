/** A wish that is wrong in itself: no such name, a bad address, mistakes in a profile. Exit code 2. */
export class WishError extends Error {
  override readonly name = 'WishError'
}
