import { webcrypto } from 'node:crypto'
import net from 'node:net'
import os from 'node:os'
// The library wants it to be there first.
import 'reflect-metadata'
import * as x509 from '@peculiar/x509'

/** A certificate and its key, as PEM. */
export type Identity = { cert: string; key: string }

/** An authority of our own, made when it is needed, and what it vouches for. */
export type Authority = {
  /** Whom somebody has to trust to trust us, as PEM. */
  ca: string
  issue(wish: CertificateWish): Promise<Identity>
}

export type CertificateWish = {
  /** Host names and IP addresses it stands for. */
  names: string[]
  /** Days from now, negative for the past. */
  fromDays?: number
  toDays?: number
  /** Signed by itself and by nobody else. */
  selfSigned?: boolean
}

const algorithm = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' }
const dayMs = 24 * 60 * 60 * 1000

/** Makes one. Nothing of it is written anywhere. */
export async function createAuthority(name = 'mqttspec'): Promise<Authority> {
  const keys = await newKeys()
  const ca = await x509.X509CertificateGenerator.createSelfSigned({
    ...validity(-1, 30),
    name: `CN=${name} authority`,
    keys,
    signingAlgorithm: algorithm,
    extensions: [
      new x509.BasicConstraintsExtension(true, undefined, true),
      new x509.KeyUsagesExtension(x509.KeyUsageFlags.keyCertSign, true),
    ],
  })
  return {
    ca: ca.toString('pem'),
    async issue({ names, fromDays = -1, toDays = 30, selfSigned = false }) {
      const own = await newKeys()
      const what = {
        ...validity(fromDays, toDays),
        signingAlgorithm: algorithm,
        extensions: [
          new x509.SubjectAlternativeNameExtension(
            names.map(value => ({ type: net.isIP(value) ? 'ip' : 'dns', value })),
          ),
        ],
      }
      const subject = `CN=${names[0]}`
      const cert = selfSigned
        ? await x509.X509CertificateGenerator.createSelfSigned({
            ...what,
            name: subject,
            keys: own,
          })
        : await x509.X509CertificateGenerator.create({
            ...what,
            subject,
            issuer: ca.subject,
            publicKey: own.publicKey,
            signingKey: keys.privateKey,
          })
      return { cert: cert.toString('pem'), key: await keyPem(own.privateKey) }
    },
  }
}

let authority: Promise<Authority> | undefined
const identities = new Map<string, Promise<{ ca: string } & Identity>>()

/** A certificate for this machine, where it is found at `host`. Made at the first call and kept as long as the process lives. */
export function identityFor(host: string): Promise<{ ca: string } & Identity> {
  const known = identities.get(host)
  if (known) return known
  const made = makeIdentity(host)
  identities.set(host, made)
  return made
}

async function makeIdentity(host: string): Promise<{ ca: string } & Identity> {
  authority ??= createAuthority()
  const { ca, issue } = await authority
  const everywhere = host === '0.0.0.0' || host === '::'
  const names = new Set([
    'localhost',
    '127.0.0.1',
    '::1',
    ...(everywhere ? ownAddresses() : [host]),
  ])
  return { ca, ...(await issue({ names: [...names] })) }
}

/** Where this machine is found from others. */
function ownAddresses(): string[] {
  const all = Object.values(os.networkInterfaces()).flatMap(list => list ?? [])
  return all.filter(one => !one.internal && !one.scopeid).map(one => one.address)
}

function newKeys() {
  return webcrypto.subtle.generateKey(algorithm, true, ['sign', 'verify'])
}

async function keyPem(key: webcrypto.CryptoKey): Promise<string> {
  const der = await webcrypto.subtle.exportKey('pkcs8', key)
  const lines =
    Buffer.from(der)
      .toString('base64')
      .match(/.{1,64}/g) ?? []
  return `-----BEGIN PRIVATE KEY-----\n${lines.join('\n')}\n-----END PRIVATE KEY-----\n`
}

function validity(fromDays: number, toDays: number) {
  return {
    notBefore: new Date(Date.now() + fromDays * dayMs),
    notAfter: new Date(Date.now() + toDays * dayMs),
  }
}
