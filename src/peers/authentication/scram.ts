import { createHash, createHmac, pbkdf2Sync, randomBytes, timingSafeEqual } from 'node:crypto'

/*
 * The client's half of SCRAM (RFC 5802, RFC 7677), without channel binding.
 *
 *   client-first   n,,n=user,r=nonce
 *   server-first   r=nonce+more,s=salt,i=count
 *   client-final   c=biws,r=nonce+more,p=proof
 *   server-final   v=signature
 *
 * The packages of the registry that do SCRAM know SHA-1 alone, or sit inside the driver of a database; all the cryptography is Node's own.
 */

/** By the name of the mechanism, the hash as Node calls it. */
const hashes: { readonly [method: string]: string } = {
  'SCRAM-SHA-1': 'sha1',
  'SCRAM-SHA-256': 'sha256',
  'SCRAM-SHA-512': 'sha512',
}

export function isScram(method: string): boolean {
  return method in hashes
}

export type Scram = {
  clientFirst(): string
  /** Answers server-first with client-final, and a good server-final with nothing. Throws RangeError at anything else. */
  answer(challenge: string): string
}

/** More rounds than any server asks for: such a count is there to keep us busy. */
const iterationsMax = 1_000_000

export function createScram({
  method,
  user,
  password,
  nonce = randomBytes(18).toString('base64'),
}: {
  method: string
  user: string
  password: string
  nonce?: string
}): Scram {
  const hash = hashes[method]
  if (hash === undefined) throw new RangeError(`no hash is known for ${method}`)
  const firstBare = `n=${user.replaceAll('=', '=3D').replaceAll(',', '=2C')},r=${nonce}`
  let signature: Buffer | undefined

  function clientFinal(serverFirst: string): string {
    const { r, s, i } = attributesOf(serverFirst)
    const rounds = Number(i)
    if (!r?.startsWith(nonce) || r === nonce || s === undefined || !(rounds >= 1)) {
      throw new RangeError('what came is no server-first-message of SCRAM for this exchange')
    }
    if (rounds > iterationsMax) throw new RangeError(`${rounds} iterations are too many`)
    const withoutProof = `c=biws,r=${r}`
    const signed = `${firstBare},${serverFirst},${withoutProof}`
    const length = createHash(hash!).digest().length
    const salt = Buffer.from(s, 'base64')
    const salted = pbkdf2Sync(password.normalize('NFKC'), salt, rounds, length, hash!)
    const clientKey = hmac(salted, 'Client Key')
    const storedKey = createHash(hash!).update(clientKey).digest()
    const clientSignature = hmac(storedKey, signed)
    const proof = clientKey.map((byte, index) => byte ^ (clientSignature[index] ?? 0))
    signature = hmac(hmac(salted, 'Server Key'), signed)
    return `${withoutProof},p=${Buffer.from(proof).toString('base64')}`
  }

  function hmac(key: Buffer, text: string): Buffer {
    return createHmac(hash!, key).update(text).digest()
  }

  return {
    clientFirst: () => `n,,${firstBare}`,
    answer(challenge) {
      if (!signature) return clientFinal(challenge)
      const told = Buffer.from(attributesOf(challenge).v ?? '', 'base64')
      if (told.length === signature.length && timingSafeEqual(told, signature)) return ''
      throw new RangeError('the server does not know the password: its signature is wrong')
    },
  }
}

/** `a=x,b=y`: the value of each letter. */
function attributesOf(text: string): { [letter: string]: string } {
  return Object.fromEntries(text.split(',').map(part => [part.slice(0, 1), part.slice(2)]))
}
