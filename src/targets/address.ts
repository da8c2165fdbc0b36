export type Address = {
  host: string
  port: number
  tls: boolean
  username?: string
  password?: string
}

const schemes: { [scheme: string]: { port: number; tls: boolean } } = {
  'mqtt:': { port: 1883, tls: false },
  'tcp:': { port: 1883, tls: false },
  'mqtts:': { port: 8883, tls: true },
  'ssl:': { port: 8883, tls: true },
  'tls:': { port: 8883, tls: true },
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
  const scheme = schemes[url.protocol]
  if (!scheme) {
    throw new RangeError(
      `expected mqtt:// or mqtts://, got "${url.protocol}//" in "${hideCredentials(text)}"`,
    )
  }
  if (url.hostname === '') throw new RangeError(`no host in "${hideCredentials(text)}"`)
  return {
    host: url.hostname.replace(/^\[|\]$/g, ''),
    port: url.port === '' ? scheme.port : Number(url.port),
    tls: scheme.tls,
    ...(url.username === '' ? {} : { username: decodeURIComponent(url.username) }),
    ...(url.password === '' ? {} : { password: decodeURIComponent(url.password) }),
  }
}

/** The address as it may be shown: without user and password. */
export function showAddress(address: Address): string {
  const host = address.host.includes(':') ? `[${address.host}]` : address.host
  return `${address.tls ? 'mqtts' : 'mqtt'}://${host}:${address.port}`
}

/**
 * What somebody wrote as an address, as it may be shown: all up to the last `@` may be user and password, whatever characters a
 * password that nobody escaped brings with it. Rather too much is hidden than one letter too little.
 */
export function hideCredentials(text: string): string {
  return text.replace(/^([a-z][a-z\d+.-]*:\/\/)?.*@/is, '$1…@')
}
