import { schemeOf, shownSchemes, type TransportName, transportOf } from './index.ts'
import type { Endpoint } from './transport.ts'

export type Address = Endpoint & {
  transport: TransportName
  username?: string
  password?: string
}

/** Reads `mqtt://user:password@host:port`. Throws RangeError with what is wrong. */
export function parseAddress(text: string): Address {
  let url: URL
  try {
    url = new URL(text)
  } catch {
    throw new RangeError(
      `expected an address like mqtt://host:1883, got "${hideCredentials(text)}"`,
    )
  }
  // The message of a wrong query must not tell what may be a password in it.
  if (url.search !== '' || url.hash !== '') {
    throw new RangeError(
      `nothing may stand behind the address of a broker, got "${url.search ? '?' : '#'}…" behind "${hideCredentials(text.replace(/[?#].*$/s, ''))}"; user and password stand before the host: mqtt://USER:PASSWORD@HOST:PORT`,
    )
  }
  const transport = transportOf(url.protocol)
  if (!transport) {
    throw new RangeError(
      `expected ${shownSchemes}, got "${url.protocol}//" in "${hideCredentials(text)}"`,
    )
  }
  if (url.hostname === '') throw new RangeError(`no host in "${hideCredentials(text)}"`)
  return {
    transport: transport.name,
    host: url.hostname.replace(/^\[|\]$/g, ''),
    port: url.port === '' ? transport.port : Number(url.port),
    ...(url.pathname.length > 1 ? { path: url.pathname + url.search } : {}),
    ...(url.username === '' ? {} : { username: unescaped(url.username) }),
    ...(url.password === '' ? {} : { password: unescaped(url.password) }),
  }
}

function unescaped(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    throw new RangeError('a bare % stands in the user or password of the address; write it as %25')
  }
}

/** The address as it may be shown: without user and password. */
export function showAddress(address: Address): string {
  const host = address.host.includes(':') ? `[${address.host}]` : address.host
  return `${schemeOf(address.transport)}//${host}:${address.port}${address.path ?? ''}`
}

/**
 * What somebody wrote as an address, as it may be shown: all up to the last `@` may be user and password, whatever characters a
 * password that nobody escaped brings with it; so may what stands behind a `?`. Rather too much is hidden than one letter too little.
 */
export function hideCredentials(text: string): string {
  const bare = text.replace(/[?#].*$/s, tail => (tail.includes('@') ? tail : `${tail[0]}…`))
  return bare.replace(/^([a-z][a-z\d+.-]*:\/\/)?.*@/is, '$1…@')
}
