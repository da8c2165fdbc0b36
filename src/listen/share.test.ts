import t from 'tap'
import { programme } from './exercises.ts'
import { type Conduct, describeShares, shownBy, toGo } from './share.ts'

/** A client of 3.1.1 of which so many of its own pieces and of ours were played to their end. */
function conduct(own: number, ours: number, how: Partial<Conduct> = {}): Conduct {
  const pieces = programme.filter(({ versions }) => versions?.includes('3.1.1') ?? true)
  const mine = pieces.filter(({ by }) => by === 'client')
  const yours = pieces.filter(({ by }) => by === 'us')
  const done = [...mine.slice(0, own), ...yours.slice(0, ours)]
  return {
    version: '3.1.1',
    played: done.map(piece => ({ piece, ending: { kind: 'done' } })),
    todo: pieces.filter(piece => !done.includes(piece)),
    wantedKept: true,
    publishedAt: own > 0 ? 2 : -1,
    subscribedAt: ours > 0 ? 2 : -1,
    ...how,
  }
}

t.test('half of the pieces of each direction that is used are enough', async t => {
  t.equal(shownBy(conduct(6, 0)).missing, undefined)
  t.equal(shownBy(conduct(0, 4)).missing, undefined, 'a device that only listens')
  t.equal(shownBy(conduct(5, 8)).missing, 'publish at QoS 2 once more')
  t.equal(shownBy(conduct(12, 3)).missing, 'stay until its pieces are over')
  t.equal(
    describeShares(shownBy(conduct(5, 8)).shares),
    '5 of 12 pieces as a sender, 8 of 8 as a receiver',
  )
})

t.test('what is missing is something to do', async t => {
  t.equal(shownBy(conduct(0, 0)).missing, 'publish once at QoS 2 with a kept session')
  t.match(
    shownBy(conduct(1, 0, { wantedKept: false })).missing,
    /^keep the session \(Clean Session 0.*, and publish at QoS 2 5 times more$/,
  )
  t.equal(
    shownBy(conduct(1, 0, { publishedAt: 1 })).missing,
    'publish once at QoS 2 with a kept session',
  )
  t.equal(shownBy(conduct(6, 1, { subscribedAt: 1 })).missing, 'subscribe at QoS 2')
})

t.test('a piece that was given up was not seen', async t => {
  const some = conduct(6, 0)
  const [first, ...rest] = some.played
  const ending = { kind: 'inconclusive' as const, reason: 'it did not come back' }
  t.equal(
    shownBy({ ...some, played: [{ ...first!, ending }, ...rest] }).missing,
    'publish at QoS 2 once more',
  )
})

t.test('pieces to go stand behind what they wait for', async t => {
  const [a, b, c] = programme
  const text = toGo([a!, b!, c!], piece => (piece === b ? 'later' : 'now'))
  t.equal(text, `${a!.id}, ${c!.id} (now); ${b!.id} (later)`)
})
