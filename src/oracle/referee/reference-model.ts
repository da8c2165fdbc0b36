/*
 * A second opinion for tests, written from docs/qos2.md without a look at the referee: a correct peer as a machine that does
 * whatever it may. A history is acceptable if some run of the machine produces it, and something is owed if every run that
 * has read all our packets owes it. Slow and small on purpose: one or two ids, sets of states, no cleverness.
 *
 * Time: a packet of the target counts as sent when we see it. Whatever a real peer did, its reads can be put off to fit, as
 * each direction keeps its order. Only at a cut may it have sent more than we saw.
 */
export type Move =
  | { from: 'target'; type: 'PUBLISH'; id: number; text: string; dup: boolean }
  | {
      from: 'target'
      type: 'PUBREL' | 'PUBREC' | 'PUBCOMP' | 'PINGRESP'
      id: number
      refused?: boolean
    }
  | { from: 'harness'; type: 'PUBLISH'; id: number; text: string; dup: boolean }
  | {
      from: 'harness'
      type: 'PUBREC' | 'PUBCOMP' | 'PUBREL' | 'PINGREQ'
      id: number
      refused?: boolean
    }
  | { from: 'both'; type: 'RESUME' }

/** One id of the peer as sender: what it sends, and how far it is. */
type Sending = { id: number; text: string; stage: 'publish' | 'pubrel'; again: boolean }

type State = {
  unread: Extract<Move, { from: 'harness' }>[]
  sending: Sending[]
  /** PUBRELs it must, and may, still send for PUBRECs it read. */
  mustRel: number[]
  mayRel: number[]
  pongs: number
  /** As receiver: ids held, and answers to send. */
  held: { id: number; text: string }[]
  answers: { type: 'PUBREC' | 'PUBCOMP'; id: number; mayRefuse: boolean; known: boolean }[]
}

export type Naive = {
  version: '3.1.1' | '5.0'
  states: State[]
  /** Texts that the peer has published, seen or lost. */
  published: Set<string>
}

export function naive(version: Naive['version']): Naive {
  const empty = { sending: [], mustRel: [], mayRel: [], pongs: 0, held: [], answers: [] }
  return { version, states: [{ unread: [], ...empty }], published: new Set() }
}

/** All states after one more move; none left means that no correct peer does this. */
export function advance(before: Naive, move: Move, texts: { id: number; text: string }[]): Naive {
  const { version } = before
  const published = new Set(before.published)
  const next: State[] = []
  for (const state of before.states) {
    if (move.from === 'harness') next.push({ ...state, unread: [...state.unread, move] })
    else if (move.from === 'target') {
      for (const reached of reads(state)) next.push(...emits(reached, move, version))
    } else {
      for (const reached of reads(state, 'may be lost').flatMap(refusing)) {
        const free = texts.filter(
          one => !published.has(one.text) && !reached.sending.some(other => other.id === one.id),
        )
        for (const lost of choices(free)) {
          const sending = [...reached.sending, ...lost.map(begun)]
          next.push(resumed({ ...reached, sending }))
        }
      }
    }
  }
  if (move.type === 'PUBLISH' && move.from === 'target') published.add(move.text)
  return { version, published, states: distinct(next) }
}

/** First copies that may have died with the connection: none, or some, one for each id. */
function choices(free: { id: number; text: string }[]): { id: number; text: string }[][] {
  const sets: { id: number; text: string }[][] = [[]]
  for (const one of free) {
    for (const set of [...sets]) {
      if (set.every(other => other.id !== one.id)) sets.push([...set, one])
    }
  }
  return sets
}

function begun({ id, text }: { id: number; text: string }): Sending {
  return { id, text, stage: 'publish', again: false }
}

/** Reading none, one, … or all of what waits. */
function reads(state: State, answers: 'are seen' | 'may be lost' = 'are seen'): State[] {
  const all = [state]
  let current = state
  while (current.unread[0]) {
    // A PUBREL goes out as its PUBREC is read, before what is read next about the id.
    const [next] = current.unread
    const blocked = next.type === 'PUBCOMP' && current.mustRel.includes(next.id)
    if (blocked && answers === 'are seen') break
    current = readOne(current)
    all.push(current)
  }
  return all
}

function readOne(state: State): State {
  const [packet, ...unread] = state.unread
  const rest = { ...state, unread }
  if (!packet) return state
  const mine = state.sending.find(one => one.id === packet.id)
  const others = state.sending.filter(one => one !== mine)
  switch (packet.type) {
    case 'PINGREQ':
      return { ...rest, pongs: state.pongs + 1 }
    case 'PUBREC':
      if (mine?.stage === 'publish') {
        if (packet.refused) return { ...rest, sending: others }
        const released: Sending = { ...mine, stage: 'pubrel', again: false }
        return { ...rest, sending: [...others, released], mustRel: [...state.mustRel, packet.id] }
      }
      return { ...rest, mayRel: [...state.mayRel, packet.id] }
    case 'PUBCOMP': {
      // Answers go out as packets are read: a second PUBREL does not come behind the end.
      const mayRel = state.mayRel.filter(id => id !== packet.id)
      return mine?.stage === 'pubrel' ? { ...rest, mayRel, sending: others } : rest
    }
    case 'PUBLISH': {
      const held = state.held.some(one => one.id === packet.id)
      const answer = { type: 'PUBREC', id: packet.id, mayRefuse: !held, known: held } as const
      const now = held ? state.held : [...state.held, { id: packet.id, text: packet.text }]
      return { ...rest, held: now, answers: [...state.answers, answer] }
    }
    case 'PUBREL': {
      const known = state.held.some(one => one.id === packet.id)
      const answer = { type: 'PUBCOMP', id: packet.id, mayRefuse: !known, known } as const
      const now = state.held.filter(one => one.id !== packet.id)
      return { ...rest, held: now, answers: [...state.answers, answer] }
    }
  }
}

function emits(
  state: State,
  move: Extract<Move, { from: 'target' }>,
  version: Naive['version'],
): State[] {
  const live = version === '3.1.1'
  const mine = state.sending.find(one => one.id === move.id)
  const others = state.sending.filter(one => one !== mine)
  switch (move.type) {
    case 'PINGRESP':
      return state.pongs > 0 ? [{ ...state, pongs: state.pongs - 1 }] : []
    case 'PUBLISH':
      if (!move.dup) {
        if (mine) return []
        const mayRel = state.mayRel.filter(id => id !== move.id)
        return [{ ...state, mayRel, sending: [...state.sending, begun(move)] }]
      }
      if (mine?.stage !== 'publish' || mine.text !== move.text) return []
      if (!mine.again && !live) return []
      return [{ ...state, sending: [...others, { ...mine, again: false }] }]
    case 'PUBREL': {
      const found: State[] = []
      if (state.mustRel.includes(move.id)) {
        return [{ ...state, mustRel: without(state.mustRel, move.id) }]
      }
      if (state.mayRel.includes(move.id)) {
        found.push({ ...state, mayRel: without(state.mayRel, move.id) })
      }
      if (mine?.stage === 'pubrel' && (mine.again || live)) {
        found.push({ ...state, sending: [...others, { ...mine, again: false }] })
      }
      return found
    }
    case 'PUBREC':
    case 'PUBCOMP': {
      const index = state.answers.findIndex(one => one.type === move.type && one.id === move.id)
      const answer = state.answers[index]
      if (!answer || (move.refused && (move.type === 'PUBCOMP' || !answer.mayRefuse))) return []
      const answers = state.answers.filter((_, other) => other !== index)
      const held = move.refused ? state.held.filter(one => one.id !== move.id) : state.held
      return [{ ...state, answers, held }]
    }
  }
}

/** A PUBREC that refuses may have died with the connection too. */
function refusing(state: State): State[] {
  const refusable = state.answers.filter(one => one.type === 'PUBREC' && one.mayRefuse)
  const refused = new Set(refusable.map(one => one.id))
  if (refused.size === 0) return [state]
  return [state, { ...state, held: state.held.filter(one => !refused.has(one.id)) }]
}

/** What a new connection leaves of it: the session, and the duty to send again. */
function resumed(state: State): State {
  const sending = state.sending.map(one => ({ ...one, again: true }))
  return { ...state, unread: [], sending, mustRel: [], mayRel: [], pongs: 0, answers: [] }
}

/**
 * What every run owes that has read everything: `id 1` to be sent again or released, `PUBREC 1`, … A PUBLISH need not be
 * sent again while anything else is out on the connection: the peer's window may be full.
 */
export function owes({ states }: Naive): string[] {
  const debts = states.map(state => {
    const done = reads(state).at(-1)!
    const busy = done.sending.some(one => !one.again)
    const again = done.sending.filter(one => one.again && (one.stage === 'pubrel' || !busy))
    return new Set([
      ...done.mustRel.map(id => `id ${id}`),
      ...again.map(one => `id ${one.id}`),
      ...done.answers.map(one => `${one.type} ${one.id}`),
      ...(done.pongs > 0 ? ['PINGRESP'] : []),
    ])
  })
  const [first, ...others] = debts
  return [...(first ?? [])].filter(debt => others.every(other => other.has(debt))).sort()
}

function without(ids: number[], id: number): number[] {
  const index = ids.indexOf(id)
  return ids.filter((_, other) => other !== index)
}

function distinct(states: State[]): State[] {
  const seen = new Map<string, State>()
  for (const state of states) {
    const sorted = {
      ...state,
      sending: [...state.sending].sort((a, b) => a.id - b.id),
      mustRel: [...state.mustRel].sort(),
      mayRel: [...state.mayRel].sort(),
    }
    seen.set(JSON.stringify(sorted), sorted)
  }
  return [...seen.values()]
}
