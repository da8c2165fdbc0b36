import type { Attack } from '../attack.ts'
import { endEverywhere, endings, type Moment, type Role, roles } from '../moments.ts'

/*
 * Every moment of a run, one after the other, as the one that ends it. They are played in this process: what counts is what is said.
 */

/** Each moment costs a board its start. */
const every: Partial<Record<Role, number>> = { device: 12 }

export const moments: Attack[] = roles.flatMap(role =>
  (['correct', 'wrong'] as const)
    .filter(peer => role !== 'device' || peer === 'correct')
    .flatMap(peer => endings.map(ending => at({ role, peer, ending }))),
)

function at(who: Pick<Moment, 'role' | 'peer' | 'ending'>): Attack {
  const { role, peer, ending } = who
  return {
    name: `moment/${ending} with a ${peer} ${role}`,
    exits: [0],
    ...(role === 'broker' && peer === 'wrong' && ending === 'signal' ? { sample: true } : {}),
    play: async () => {
      const { whole, wrong } = await endEverywhere(who, every[role] ?? 1)
      const due = peer === 'correct' ? 'pass' : 'fail'
      const others = whole.results.filter(({ verdict }) => verdict !== due)
      const odd = others.map(
        ({ id, verdict, reason }) => `the whole run: ${id} ${verdict}: ${reason}`,
      )
      return { exitCode: 0, complaints: [...odd, ...wrong].slice(0, 5) }
    },
  }
}
