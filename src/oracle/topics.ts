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
  const names = topic.split('/')
  const first = levels[0]
  // [MQTT-4.7.2-1]: a leading wildcard does not reach topics that begin with $.
  if (topic.startsWith('$') && (first === '#' || first === '+')) return false
  for (const [index, level] of levels.entries()) {
    if (level === '#') return true
    if (index >= names.length) return false
    if (level !== '+' && level !== names[index]) return false
  }
  return names.length === levels.length
}
