import type { ProxyFault } from '../faults/index.ts'
import { type PacketType, packetTypes } from '../model/packet.ts'
import { nearest } from '../model/schema/near.ts'
import { formatProblem, type Problem } from '../model/schema/problem.ts'
import { readYaml } from '../model/schema/read-yaml.ts'
import type { Context, Schema } from '../model/schema/schema.ts'
import { versions } from '../model/version.ts'
import type { StepBody, Verify } from '../scenario/ast.ts'
import { readSteps } from '../scenario/loading/steps.ts'
import { sentBy } from '../scenario/verbs/proxy.ts'
import { verifySchema } from '../scenario/verify.ts'

/**
 * A packet that somebody names: `first PUBREC`, `2nd PUBLISH of the client`, `every PINGRESP`; or as a step of a scenario writes it,
 * `{ PUBREC: { id: 7 }, from: 'broker', nth: 2, cut: 'rst' }`.
 */
export type NamedPacket = string | { readonly [key: string]: unknown }

type Named = NamedPacket | readonly NamedPacket[]

/** What is done to which packets: the verbs of a proxy in the scenario language. */
export type FaultWishes = { readonly [F in ProxyFault]?: Named } & {
  /** Ends the connection within that packet: all but its last byte passes. `fin` or `rst`: all other faults here cut behind their packet. */
  readonly cut?: 'fin' | 'rst' | Named
}

export type FaultBody = StepBody<'proxy.fault'>

/** One wish: whichever of its faults meets its packet first is it. Two where both sides send such packets and nobody said whose is meant. */
export type WishedFault = { title: string; faults: FaultBody[]; every: boolean }

/** In the language, all at once. */
const everyTimes = 65_535

/** Throws RangeError, with the mistake as the scenario language tells it, where the words make no sense. */
export function readFaults(wishes: FaultWishes): WishedFault[] {
  const { cut, ...others } = wishes
  const isWay = cut === 'fin' || cut === 'rst'
  const behind = isWay ? { cut } : {}
  const all = Object.entries({ ...others, ...(isWay || cut === undefined ? {} : { cut }) })
  if (isWay && all.length === 0) {
    throw new RangeError(
      `cut: '${cut}' says nothing alone: name a packet, as in cut: 'first PUBREC'`,
    )
  }
  return all.flatMap(([verb, named]) => {
    const list: readonly NamedPacket[] = Array.isArray(named) ? named : [named]
    return list.map(one => wished(verb, one, verb === 'cut' ? {} : behind))
  })
}

function wished(verb: string, named: NamedPacket, behind: { cut?: string }): WishedFault {
  if (typeof named !== 'string') {
    const body = bodyOf(verb, { ...behind, ...named })
    return { title: `${verb} ${JSON.stringify(named)}`, faults: [body], every: false }
  }
  const { type, sides, nth, every } = readName(named)
  const faults = sides.map(from => {
    const body = bodyOf(verb, { [type]: {}, from, ...behind })
    // `cut` takes no count where it is written with a packet; here every verb does.
    return { ...body, nth, times: every ? everyTimes : 1 }
  })
  return { title: `${verb} ${named}`, faults, every }
}

const ordinals: { readonly [word: string]: number } = { first: 1, second: 2, third: 3 }

/** `first PUBREC of the broker` */
function readName(text: string) {
  const [, word, type = '', side] =
    /^(?:(first|second|third|every|\d+(?:st|nd|rd|th)) )?(\w+)(?: of the (client|broker))?$/.exec(
      text.trim(),
    ) ?? []
  if (!isPacketType(type)) {
    const near = nearest(type, [...packetTypes])
    const hint = near === undefined ? '' : `; did you mean "${near}"?`
    throw new RangeError(
      `${JSON.stringify(text)} names no packet${hint}\nexpected a name such as "first PUBREC", "2nd PUBLISH of the client" or "every PINGRESP"`,
    )
  }
  const own = sentBy[type]
  if (side !== undefined && own !== undefined && own !== side) {
    throw new RangeError(`${JSON.stringify(text)}: a ${side} sends no ${type}`)
  }
  const both = ['client', 'broker'] as const
  const sides = both.filter(one => one === (side ?? own ?? one))
  const every = word === 'every'
  const nth = word === undefined || every ? 1 : (ordinals[word] ?? Number.parseInt(word, 10))
  return { type, sides, nth, every }
}

function isPacketType(text: string): text is PacketType {
  return packetTypes.some(type => type === text)
}

function bodyOf(verb: string, value: { [key: string]: unknown }): FaultBody {
  const [step] = read(`- proxy.${verb}: ${JSON.stringify(value)}`, {
    title: 'steps',
    json: () => ({}),
    read: (node, context) =>
      readSteps(node, context, {
        role: 'proxy',
        fragments: new Map(),
        open: [],
        budget: { steps: 1 },
        versions,
      }),
  })
  if (step?.body.verb !== 'proxy.fault') {
    throw new RangeError(`${verb} ${JSON.stringify(value)} names no packet that it is done to`)
  }
  return step.body
}

/** Verifiers as a scenario names them: `exactly-once`, `{ delivered: { payload: 'once', times: 1 } }`. Throws as `readFaults`. */
export function readVerify(wishes: readonly unknown[]): Verify[] {
  return wishes.length === 0 ? [] : read(JSON.stringify(wishes), verifySchema)
}

/** JSON is YAML. */
function read<T>(text: string, schema: Schema<T>): T {
  const { root, problems } = readYaml('options', text)
  const all: Problem[] = [...problems]
  const context: Context = { report: problem => all.push(problem), locals: new Map() }
  const value = root && schema.read(root, context)
  if (value !== undefined && all.length === 0) return value
  throw new RangeError(all.map(problem => formatProblem(problem, text)).join('\n\n'))
}
