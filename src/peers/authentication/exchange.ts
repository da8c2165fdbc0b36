import { createScram, isScram } from './scram.ts'

/** How a broker authenticates us beyond user name and password, as its profile says. Source: 5.0 §4.12. */
export type AuthWish = {
  method: string
  /** For SCRAM. */
  user?: string
  password?: string
  /** For any other method: what we say, the first of it in CONNECT, and then one for each AUTH that asks for more. */
  data?: string[]
}

/** One authentication under way, from the client's side. */
export type AuthExchange = {
  readonly method: string
  /** What CONNECT, or the AUTH that begins anew, says. */
  first(): Uint8Array
  /** What answers an AUTH that asks for more. Throws RangeError where the exchange has no answer. */
  next(challenge: Uint8Array): Uint8Array
}

/** `wrong`: well formed, and what a stranger would say. Throws RangeError for a wish without what its method needs. */
export function beginExchange(wish: AuthWish, how: 'right' | 'wrong'): AuthExchange {
  return isScram(wish.method) ? scramExchange(wish, how) : spokenExchange(wish, how)
}

/** Whether the server asks at least once before it decides. */
export function isChallenged({ method, data = [] }: AuthWish): boolean {
  return isScram(method) || data.length > 1
}

function scramExchange({ method, user, password }: AuthWish, how: 'right' | 'wrong'): AuthExchange {
  if (user === undefined || password === undefined) {
    throw new RangeError(`${method} needs a user and a password`)
  }
  const scram = createScram({
    method,
    user,
    password: how === 'right' ? password : `not ${password}`,
  })
  return {
    method,
    first: () => encoder.encode(scram.clientFirst()),
    next: challenge => encoder.encode(scram.answer(decoder.decode(challenge))),
  }
}

/** The words of a profile, one after the other; the last of them is the secret. */
function spokenExchange({ method, data = [] }: AuthWish, how: 'right' | 'wrong'): AuthExchange {
  const words = how === 'right' ? data : data.with(-1, `not ${data.at(-1)}`)
  let said = 0
  return {
    method,
    first: () => {
      said = 1
      return encoder.encode(words[0] ?? '')
    },
    next: () => {
      const word = words[said++]
      if (word === undefined)
        throw new RangeError(`all ${words.length} words of ${method} are said`)
      return encoder.encode(word)
    },
  }
}

const encoder = new TextEncoder()
const decoder = new TextDecoder()
