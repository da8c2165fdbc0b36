import type { Ending } from '../engine/verdict.ts'
import type { Version } from '../model/version.ts'
import type { Exercise } from './exercises.ts'

/** What a client did so far, as far as the programme asks. */
export type Conduct = {
  version: Version
  played: readonly { piece: Exercise; ending: Ending }[]
  todo: readonly Exercise[]
  /** Some CONNECT asked for a session that is kept. */
  wantedKept: boolean
  /** The highest QoS of its messages, and of its subscriptions; -1 for none. */
  publishedAt: number
  subscribedAt: number
}

/** How many pieces of the programme were played to their end, by whose message they begin with. */
export type Share = { by: Exercise['by']; seen: number; of: number }

/** What was seen of a client; `missing` says what it takes until anything can be said of it as a whole. */
export type Shown = { shares: Share[]; missing?: string }

/**
 * A verdict on a device takes half of the pieces in each direction that it uses, and one direction at least: a device of which one piece in twenty
 * was seen is neither conformant nor anything else.
 */
export function shownBy(conduct: Conduct): Shown {
  const all = [...conduct.played.map(({ piece }) => piece), ...conduct.todo]
  const shares = (['client', 'us'] as const).map((by): Share => {
    const seen = conduct.played.filter(({ piece, ending }) => piece.by === by && hasEnded(ending))
    return { by, seen: seen.length, of: all.filter(piece => piece.by === by).length }
  })
  const missing = missingOf(shares, conduct)
  return missing === undefined ? { shares } : { shares, missing }
}

/** `11 of 12 pieces as a sender, 8 of 8 as a receiver`. */
export function describeShares(shares: readonly Share[]): string {
  return shares
    .filter(({ of }) => of > 0)
    .map(({ by, seen, of }, index) => {
      return `${seen} of ${of}${index === 0 ? ' pieces' : ''} as a ${by === 'client' ? 'sender' : 'receiver'}`
    })
    .join(', ')
}

function hasEnded({ kind }: Ending): boolean {
  return kind === 'done' || kind === 'failed'
}

function missingOf(shares: readonly Share[], conduct: Conduct): string | undefined {
  const used = shares.filter(share => share.of > 0 && uses(share.by, conduct))
  const asked = shares.filter(share => share.of > 0)
  if (used.length === 0) {
    const [first] = asked
    return first?.by === 'us' ? 'subscribe at QoS 2 with a kept session' : onceAtQos2
  }
  const short = used.filter(({ seen, of }) => seen * 2 < of)
  if (short.length === 0) return undefined
  const wishes = short.map(share => wishOf(share, conduct))
  return [...(conduct.wantedKept ? [] : [keepIt[conduct.version]]), ...wishes].join(', and ')
}

const onceAtQos2 = 'publish once at QoS 2 with a kept session'
const keepIt: { [V in Version]: string } = {
  '3.1': 'keep the session (Clean Session 0 and always the same client id)',
  '3.1.1': 'keep the session (Clean Session 0 and always the same client id)',
  '5.0': 'keep the session (a Session Expiry Interval above 0, and always the same client id)',
}

function uses(by: Exercise['by'], { publishedAt, subscribedAt }: Conduct): boolean {
  return (by === 'client' ? publishedAt : subscribedAt) > 0
}

function wishOf({ by, seen, of }: Share, { publishedAt, subscribedAt }: Conduct): string {
  const more = Math.ceil(of / 2) - seen
  if (by === 'us') return subscribedAt < 2 ? 'subscribe at QoS 2' : 'stay until its pieces are over'
  const times = more === 1 ? 'once more' : `${more} times more`
  return publishedAt < 2 ? onceAtQos2 : `publish at QoS 2 ${times}`
}

/** What the pieces that are left wait for: `publish-half, session-lost (a QoS 2 message of the client)`. */
export function toGo(todo: readonly Exercise[], waitsFor: (piece: Exercise) => string): string {
  const groups = new Map<string, string[]>()
  for (const piece of todo) {
    const wait = waitsFor(piece)
    groups.set(wait, [...(groups.get(wait) ?? []), piece.id])
  }
  return [...groups].map(([wait, ids]) => `${ids.join(', ')} (${wait})`).join('; ')
}
