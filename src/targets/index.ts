import { existsSync } from 'node:fs'
import { readdir } from 'node:fs/promises'
import os from 'node:os'
import path from 'node:path'
import type { Duplex } from 'node:stream'
import { fileURLToPath } from 'node:url'
import { nearest } from '../model/schema/near.ts'
import { formatProblem } from '../model/schema/problem.ts'
import { noteSecret } from '../model/secrets.ts'
import { versions } from '../model/version.ts'
import { type Address, hideCredentials, parseAddress } from '../transport/address.ts'
import { resolvedAuth } from './auth-wish.ts'
import { startBroker } from './broker-process.ts'
import { externalBroker } from './external.ts'
import { inProcessBroker } from './in-process.ts'
import { readNamedFile } from './named-file.ts'
import { type OurNames, type Profile, parseProfile } from './profile.ts'
import type { Reach } from './reach.ts'
import type { Target } from './target.ts'
import { WishError } from './wish-error.ts'

/** What somebody can ask for as a target. */
export type TargetWish =
  /** `mqtt://host:1883`, a profile file, or the name of a profile that ships with mqttspec. */
  | string
  /** A profile by file or name, with more words for its adapter's command, such as `--serial PORT`. */
  | { named: string; adapterWords: string[] }
  /** A broker in this process: anything that takes a duplex stream. */
  | { handle(stream: Duplex): void; name?: string; profile?: Partial<Profile> }

export { WishError }

export type OpenBudgets = {
  connectMs: number
  replyMs: number
  startMs: number
  reach?: Reach
  names?: OurNames
}

/** A real board: all of its firmware is put onto its flash, over USB. */
const boardStartMs = 60_000
/** A real board: it joins its Wi-Fi and asks for an address, twice where the first attempt fails. */
const boardJoinMs = 40_000

/** Folders of profiles that ship with the package: brokers, then clients. */
const shelves = ['brokers', 'clients'].map(kind =>
  fileURLToPath(new URL(`../../fixtures/targets/${kind}`, import.meta.url)),
)

/** A target as somebody asked for it, without credentials. */
export function shownWish(wish: string): string {
  return wish.includes('://') ? hideCredentials(wish) : wish
}

/** Starts or reaches the target. Rejects with WishError or TargetError. */
export async function openTarget(wish: TargetWish, budgets: OpenBudgets): Promise<Target> {
  if (typeof wish !== 'string' && 'named' in wish) {
    const file = await profileFile(wish.named)
    const profile = await readProfile(file)
    const { adapter } = profile
    if (!adapter) throw new WishError(`${wish.named} has no adapter`)
    const command = [...(adapter.command ?? []), ...wish.adapterWords]
    const settings = { ...profile.settings, board: 'real' }
    const timing = { ...profile.timing, startMs: boardStartMs }
    const real = { ...profile, adapter: { ...adapter, command }, settings, timing }
    return openProfile(real, path.dirname(file), budgets, lanAddress())
  }
  if (typeof wish !== 'string') {
    const plain = plainProfile(wish.name ?? 'in-process')
    const profile = { ...plain, ...wish.profile, ...budgets.names }
    return inProcessBroker(profile, stream => wish.handle(stream))
  }
  if (wish.includes('://')) return openAddress(wish, budgets)
  const file = await profileFile(wish)
  return openProfile(await readProfile(file), path.dirname(file), budgets)
}

async function openAddress(text: string, budgets: OpenBudgets): Promise<Target> {
  const address = addressOf(text)
  const here = process.cwd()
  const profile = { ...plainProfile(address.host), ...budgets.names }
  return externalBroker(profile, address, { ...budgets, here, described: false })
}

/** Throws WishError where the text is no address. */
function addressOf(text: string): Address {
  try {
    const address = parseAddress(text)
    for (const word of [address.username, address.password]) if (word) noteSecret(word)
    return address
  } catch (error) {
    throw new WishError((error as Error).message)
  }
}

/** A board on Wi-Fi reaches us at our address in its network, not at loopback. */
function lanAddress(): string | undefined {
  const all = Object.values(os.networkInterfaces()).flatMap(list => list ?? [])
  return all.find(one => one.family === 'IPv4' && !one.internal)?.address
}

async function openProfile(
  written: Profile,
  here: string,
  budgets: OpenBudgets,
  listenHost?: string,
): Promise<Target> {
  const auth = written.auth ? { auth: resolvedAuth(written.auth) } : {}
  const profile = { ...written, ...auth, ...budgets.names }
  if (profile.role === 'client') {
    if (profile.adapter) {
      const { startClient } = await import('./client/client-library.ts')
      const real = profile.settings?.board === 'real' ? { smokeMs: boardJoinMs } : {}
      return startClient(profile, {
        here,
        ...real,
        ...(listenHost === undefined ? {} : { listenHost }),
      })
    }
    const { startCommandClient } = await import('./client/commands.ts')
    return startCommandClient(profile, { here })
  }
  if (profile.start) {
    // The port is known only when it starts; whether the rest is an address is known now.
    addressOf((profile.address ?? 'mqtt://127.0.0.1:1').replaceAll(/\$port\d?/g, '1'))
    return startBroker(profile, { here, budgetMs: budgets.startMs, reach: budgets.reach ?? {} })
  }
  if (profile.address === undefined) {
    throw new WishError(`the profile ${profile.name} has neither a start command nor an address`)
  }
  return externalBroker(profile, addressOf(profile.address), { ...budgets, here })
}

function plainProfile(name: string): Profile {
  return { name, role: 'broker', versions: [...versions].filter(v => v !== '3.1') } as Profile
}

async function readProfile(file: string): Promise<Profile> {
  const text = await readNamedFile(file).catch(error => {
    throw new WishError(error.message)
  })
  const { profile, problems } = parseProfile(file, text)
  if (profile && problems.length === 0) return profile
  throw new WishError(problems.map(problem => formatProblem(problem, text)).join('\n\n'))
}

async function profileFile(wish: string): Promise<string> {
  if (existsSync(wish)) return path.resolve(wish)
  for (const shelf of shelves) {
    const file = path.join(shelf, `${wish}.yaml`)
    if (!wish.includes('/') && existsSync(file)) return file
  }
  const names = (await listProfiles()).map(profile => profile.name)
  const meant = /^[^\s/@]+:\d+$/.test(wish) ? `mqtt://${wish}` : nearest(wish, names)
  const hint = meant === undefined ? '' : `; did you mean "${meant}"?`
  throw new WishError(
    `no target is called "${hideCredentials(wish)}"${hint}\nexpected an address like mqtt://host:1883, a profile file, or one of ${names.join(', ')}`,
  )
}

/** Every profile that ships with the package. */
export async function listProfiles(): Promise<Profile[]> {
  const profiles: Profile[] = []
  for (const shelf of shelves) {
    if (!existsSync(shelf)) continue
    for (const name of (await readdir(shelf)).filter(file => file.endsWith('.yaml')).sort()) {
      const file = path.join(shelf, name)
      profiles.push(await readProfile(file))
    }
  }
  return profiles
}
