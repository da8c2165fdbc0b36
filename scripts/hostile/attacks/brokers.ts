import type { Arena, Start } from '../arena.ts'
import type { Attack, Played } from '../attack.ts'

/** Suites with many kinds of case, and few enough of them that good connections stay quick. */
const suites = ['qos2/broker-receives', 'qos2/broker-sends']

/** A broker that misbehaves on its connections from `after` on. */
function flood(
  behaviour: string,
  after: string,
  exits: readonly number[],
  more: Partial<Attack> = {},
): Attack {
  const when = after === '0' ? 'at once' : after.replace('every-', 'every ')
  return {
    name: `broker/${behaviour} ${when}`,
    exits,
    play: arena => against(arena, behaviour, after),
    ...more,
  }
}

/** The same with a heap that is smaller than what V8 takes by itself on a large machine. */
function inSmallHeap(behaviour: string, after: string): Attack {
  const env = { NODE_OPTIONS: '--max-old-space-size=1800' }
  const flooding = flood(behaviour, after, [1, 3, 4])
  return {
    ...flooding,
    name: `${flooding.name}, heap of 1.8 GB`,
    play: arena => against(arena, behaviour, after, { env }),
  }
}

async function against(
  arena: Arena,
  behaviour: string,
  after: string,
  start: Start = {},
): Promise<Played> {
  const port = await arena.peer('peers/broker.ts', behaviour, after)
  const told = await arena.run(
    [...suites, ...['--target', `mqtt://127.0.0.1:${port}`, '--timeout-scale', '0.1']],
    start,
  )
  return { exitCode: told.code, complaints: arena.missingReports() }
}

/**
 * A broker that is hostile from its first connection on cannot be tested: exit 3, or 1 where it answers a CONNECT before it floods. One that
 * becomes so later broke a rule, or leaves cases without a verdict.
 */
export const brokers: Attack[] = [
  flood('megabytes', '0', [1, 3], { sample: true }),
  flood('megabytes', '30', [1, 3, 4]),
  flood('megabytes', 'every-37', [1, 4]),
  flood('megabytes-qos2', '30', [1, 3, 4]),
  flood('tiny', '0', [1, 3]),
  flood('tiny', '30', [1, 3, 4]),
  flood('tiny', 'every-37', [1, 4]),
  flood('connacks', '0', [1, 3]),
  flood('connacks', '30', [1, 3, 4]),
  flood('pingresps', '30', [1, 3, 4]),
  flood('distinct-qos2', '30', [1, 3, 4]),
  flood('repeated-qos2', '0', [1, 3]),
  flood('repeated-qos2', '30', [1, 3, 4]),
  flood('repeated-pubrel', '30', [1, 3, 4]),
  // It answers CONNECT, and nothing that follows can be read: no rule is broken, and no case can be judged.
  flood('endless-packet', '0', [1, 3, 4]),
  flood('endless-packet', '30', [1, 3, 4]),
  flood('announces', '0', [1, 3]),
  flood('drip', '0', [3]),
  flood('silent', '0', [3]),
  flood('closes', '0', [3]),
  flood('resets', '0', [3]),
  flood('garbage', '0', [3]),
  flood('garbage', '30', [1, 3, 4]),
  flood('never-reads', '30', [1, 3, 4]),
  inSmallHeap('megabytes', '0'),
  inSmallHeap('megabytes', 'every-37'),
  inSmallHeap('tiny', '30'),
  inSmallHeap('connacks', '30'),
  inSmallHeap('distinct-qos2', '30'),
]
