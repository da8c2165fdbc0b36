import type { StatementRef } from '../model/finding.ts'

/**
 * What a word means that names statements of the standard: `4.3.3` all of a section and those below it, `MQTT-4.3.3-2` one, in both
 * versions unless it begins with one (`5.0:MQTT-4.3.3-2`). Undefined for any other word.
 */
export function statementsMeant(word: string): ((ref: StatementRef) => boolean) | undefined {
  const match = /^(?:(3\.1|3\.1\.1|5\.0):)?(?:(MQTT-[\d.]+-\d+)|§?(\d+(?:\.\d+)+))$/.exec(word)
  if (!match) return undefined
  const [, version, id, section] = match
  return ref => {
    const [of, ...rest] = ref.split(':')
    const name = rest.join(':')
    if (version !== undefined && of !== version) return false
    if (id !== undefined) return name === id
    const own = /^(?:MQTT-|§)([\d.]+)/.exec(name)?.[1] ?? ''
    return own === section || own.startsWith(`${section}.`)
  }
}
