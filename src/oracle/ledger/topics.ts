/** Topic names against topic filters. Source: 3.1.1 §4.7, 5.0 §4.7 and §4.8.2. Nothing is normalised [MQTT-4.7.3-4]. */
export type Filter = {
  levels: string[]
  /** Share name of `$share/name/filter`; 5.0 only. */
  share: string | undefined
}

export function parseFilter(text: string, shares: boolean): Filter {
  const levels = text.split('/')
  if (!shares || levels[0] !== '$share' || levels.length < 3) return { levels, share: undefined }
  return { levels: levels.slice(2), share: levels[1] }
}

export function matches(filter: Filter, topic: string): boolean {
  const { levels } = filter
  const first = levels[0]
  // [MQTT-4.7.2-1]: a leading wildcard does not reach topics that begin with $.
  if (topic.startsWith('$') && (first === '#' || first === '+')) return false
  // Where the next level of the topic begins; beyond its end when none is left.
  let at = 0
  for (const level of levels) {
    if (level === '#') return true
    if (at > topic.length) return false
    const slash = topic.indexOf('/', at)
    const end = slash < 0 ? topic.length : slash
    if (level !== '+' && (end - at !== level.length || !topic.startsWith(level, at))) return false
    at = end + 1
  }
  return at > topic.length
}
