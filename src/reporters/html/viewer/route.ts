/** A page of the viewer, as the part of the address behind #. */
export type Route =
  | { page: 'overview' }
  | { page: 'causes'; name?: string }
  | { page: 'cases'; search: string; show: string; cause: string }
  | { page: 'case'; id: string }
  | { page: 'statements'; section: string }
  | { page: 'statement'; id: string }

export function routeOf(hash: string): Route {
  const [path = '', query = ''] = hash.replace(/^#\/?/, '').split('?')
  const [page = '', ...rest] = path.split('/')
  const name = decoded(rest.join('/'))
  const words = new URLSearchParams(query)
  switch (page) {
    case 'causes':
      return name === '' ? { page } : { page, name }
    case 'cases':
      return {
        page,
        search: words.get('q') ?? '',
        show: words.get('show') ?? '',
        cause: words.get('cause') ?? '',
      }
    case 'case':
      return { page, id: name }
    case 'statements':
      return { page, section: words.get('section') ?? '' }
    case 'statement':
      return { page, id: name }
  }
  return { page: 'overview' }
}

export function caseLink(id: string): string {
  return `#/case/${encodeURIComponent(wellFormed(id))}`
}

export function statementLink(id: string): string {
  return `#/statement/${encodeURIComponent(wellFormed(id))}`
}

export function casesLink(words: { q?: string; show?: string; cause?: string }): string {
  const query = new URLSearchParams(Object.entries(words).filter(([, value]) => value !== ''))
  return `#/cases?${query}`
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    return text
  }
}

/** A name that an address can hold: half a character, which a peer may well send, has no place in one. */
export function wellFormed(text: string): string {
  return text.replace(/\p{Cs}/gu, '\ufffd')
}
