import { mkdir, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { type Address, parseAddress } from '../transport/address.ts'
import { isTransport, type TransportName, transports } from '../transport/index.ts'
import type { ProxyHeader } from '../transport/proxy-header.ts'
import type { TlsWish, Transport } from '../transport/transport.ts'
import { readNamedFile } from './named-file.ts'
import type { Profile } from './profile.ts'
import { replaceVariables } from './variables.ts'
import { WishError } from './wish-error.ts'

/** How somebody on the command line wants a target to be reached; it outdoes what the profile says. */
export type Reach = {
  /** `ca`, `cert` and `key` are files. */
  tls?: TlsWish
  proxyHeader?: ProxyHeader
  /** The ways that the cases take; the target's own where none is named. */
  transports?: readonly TransportName[]
}

/** All that an address of a target leaves open. */
type Surroundings = {
  profile: Profile
  /** What file names are relative to. */
  here: string
  variables: { [name: string]: string }
  reach: Reach
}

/** Where a target is, by the transport: its own address first. Throws WishError for a transport that it does not offer. */
export async function addressesOf(own: Address, around: Surroundings): Promise<Address[]> {
  const { profile, reach, variables } = around
  const others = wantedTransports(own, profile, reach).map(name => {
    const text = profile.transports?.[name]?.address
    if (text !== undefined) return parsed(replaceVariables(text, variables), name)
    const known = [own.transport, ...Object.keys(profile.transports ?? {})].join(', ')
    throw new WishError(`${profile.name} has no address for --transport ${name}; it has ${known}`)
  })
  const all = [own, ...others]
  const tls = all.some(({ transport }) => isSecure(transport)) ? await tlsOf(around) : {}
  const proxyHeader = reach.proxyHeader ?? profile.proxyProtocol
  return all.map(address => ({
    ...address,
    ...(isSecure(address.transport) ? { tls } : {}),
    ...(proxyHeader === undefined ? {} : { proxyHeader }),
  }))
}

/** The address for a transport; its own where none is named. */
export function addressFor(addresses: readonly Address[], transport: string | undefined): Address {
  const address = addresses.find(each => each.transport === transport) ?? addresses[0]
  if (address) return address
  throw new RangeError('a target without an address')
}

/** Writes what a broker that we start needs for the transports it is asked for: more of its configuration, and certificates. */
export async function writeForTransports(
  own: TransportName,
  dir: string,
  { profile, variables, reach }: Omit<Surroundings, 'here'>,
): Promise<void> {
  const wanted = reach.transports?.filter(name => name !== own) ?? []
  for (const name of wanted) {
    for (const [file, text] of Object.entries(profile.transports?.[name]?.files ?? {})) {
      const place = path.join(dir, file)
      await mkdir(path.dirname(place), { recursive: true })
      await writeFile(place, replaceVariables(text, variables))
    }
  }
  if (!profile.start?.certificates || ![own, ...wanted].some(isSecure)) return
  const { identityFor } = await import('../transport/certificates.ts')
  for (const [name, pem] of Object.entries(await identityFor('127.0.0.1'))) {
    await writeFile(path.join(dir, `${name}.pem`), pem, { mode: name === 'key' ? 0o600 : 0o644 })
  }
}

function wantedTransports(own: Address, profile: Profile, { transports }: Reach): TransportName[] {
  const wanted = transports ?? [own.transport]
  const unknown = wanted.find(name => name !== own.transport && !profile.transports?.[name])
  if (unknown !== undefined && !profile.transports && profile.start === undefined) {
    throw new WishError(
      `--transport ${unknown} needs an address for it; ${profile.name} is reached by ${own.transport} alone`,
    )
  }
  return wanted.filter(name => name !== own.transport)
}

function parsed(text: string, name: TransportName): Address {
  const address = parseAddress(text)
  if (address.transport === name) return address
  throw new WishError(
    `the address for ${name} is ${text}, which is reached by ${address.transport}`,
  )
}

function isSecure(name: TransportName): boolean {
  const { secure = false }: Transport = transports[name]
  return secure
}

async function tlsOf({ profile, here, variables, reach }: Surroundings): Promise<TlsWish> {
  const { tls = {} } = profile
  const made =
    profile.start?.certificates && tls.ca === undefined
      ? path.join(variables.dir ?? '', 'ca.pem')
      : undefined
  const own = await readPem({ ...tls, ...(made === undefined ? {} : { ca: made }) }, text =>
    path.resolve(here, replaceVariables(text, variables)),
  )
  return { ...own, ...(await readPem(reach.tls ?? {}, text => path.resolve(text))) }
}

async function readPem(wish: TlsWish, place: (text: string) => string): Promise<TlsWish> {
  const read: TlsWish = { ...wish }
  for (const name of ['ca', 'cert', 'key'] as const) {
    const file = wish[name]
    if (file === undefined) continue
    try {
      read[name] = await readNamedFile(place(file))
    } catch (error) {
      throw new WishError(`expected a PEM file for --${name}: ${(error as Error).message}`)
    }
  }
  return read
}

/** `tcp,ws` of the command line. Throws RangeError. */
export function transportsOf(text: string): TransportName[] {
  return text.split(',').map(part => {
    const name = part.trim()
    if (isTransport(name)) return name
    const known = Object.keys(transports).join(', ')
    throw new RangeError(`expected some of ${known}, got "${name}"`)
  })
}
