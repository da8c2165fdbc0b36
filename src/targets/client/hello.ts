import { isVersion, type Version } from '../../model/version.ts'

/** What an adapter says of itself. */
export type Hello = {
  name: string
  /** Of the library. */
  version: string
  versions: Version[]
  /** What may be asked of it; with protocol 1, what that takes for granted is added. */
  can: string[]
  /** Whether the library reconnects by itself after a cut, or the harness asks it to by `connect`. */
  reconnects: 'self' | 'asked'
}

/** What an adapter that says no `protocol` does without saying so: in the first protocol nobody was asked. */
const grantedByProtocol1 = ['told-published', 'told-subscribed', 'told-unsubscribed', 'retain']

/** The newest protocol of ours; an adapter of a newer one is asked for nothing that we do not know. */
const protocols = [1, 2]

type Answer = { [name: string]: unknown }

/** What is wrong with an answer to hello, for a message; undefined where nothing is. */
export function helloProblem(answer: Answer): string | undefined {
  const texts = (value: unknown) =>
    Array.isArray(value) && value.every(item => typeof item === 'string')
  if (typeof answer.name !== 'string') return '"name" must be a text'
  if (typeof answer.version !== 'string') return '"version" must be a text'
  if (!texts(answer.can)) return '"can" must be a list of texts'
  if (!texts(answer.versions)) return '"versions" must be a list of texts'
  if (answer.protocol !== undefined && !protocols.includes(Number(answer.protocol))) {
    return `"protocol" must be one of ${protocols.join(', ')}; it is ${JSON.stringify(answer.protocol)}`
  }
  if (answer.reconnects !== 'self' && answer.reconnects !== 'asked') {
    return '"reconnects" must be "self" or "asked"'
  }
  const strange = textsOf(answer.versions).find(version => !isVersion(version))
  if (strange !== undefined) return `"versions" holds "${strange}"; known are 3.1, 3.1.1 and 5.0`
  if (textsOf(answer.versions).length === 0) return '"versions" is empty'
  return undefined
}

/** Of an answer without a problem. */
export function helloOf(answer: Answer): Hello {
  return {
    name: String(answer.name),
    version: String(answer.version),
    versions: textsOf(answer.versions).filter(isVersion),
    can: [
      ...textsOf(answer.can),
      ...(Number(answer.protocol ?? 1) === 1 ? grantedByProtocol1 : []),
    ],
    reconnects: answer.reconnects === 'self' ? 'self' : 'asked',
  }
}

function textsOf(value: unknown): string[] {
  return Array.isArray(value) ? value.filter(item => typeof item === 'string') : []
}

export const emptyHello: Hello = {
  name: '',
  version: '',
  versions: [],
  can: [],
  reconnects: 'asked',
}
