import { noteSecret } from '../model/secrets.ts'
import type { AuthWish } from '../peers/authentication/exchange.ts'
import { WishError } from './wish-error.ts'

/** A profile's `auth` with what the environment holds in the place of `$NAME`. Throws WishError where it holds nothing. */
export function resolvedAuth(
  wish: AuthWish,
  environment: { readonly [name: string]: string | undefined } = process.env,
): AuthWish {
  const resolved = (text: string): string => {
    const name = /^\$([A-Za-z_][A-Za-z0-9_]*)$/.exec(text)?.[1]
    if (name === undefined) return text
    const value = environment[name]
    if (value === undefined) throw new WishError(`auth: the environment has no ${name}`)
    noteSecret(value)
    return value
  }
  const { method, user, password, data } = wish
  const secret = password === undefined ? undefined : resolved(password)
  if (secret !== undefined) noteSecret(secret)
  return {
    method,
    ...(user === undefined ? {} : { user: resolved(user) }),
    ...(secret === undefined ? {} : { password: secret }),
    ...(data === undefined ? {} : { data: data.map(resolved) }),
  }
}
