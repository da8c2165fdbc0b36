import { createRequire } from 'node:module'
import type { LineCounter, Pair, Node as YamlNode } from 'yaml'
import type { Entry, Node } from './node.ts'
import type { Problem, Span } from './problem.ts'

/** Larger than any suite by far. */
const fileCharactersMax = 1_000_000
const depthMax = 40
/** Nodes of one file with every alias counted as often as it is used. */
const nodesMax = 100_000

/**
 * Reads one YAML document with positions. All scalars stay text (`5.0` is not 5). Anchors and aliases work,
 * within limits; merge keys and tags do not exist. With problems there may still be a root to check further.
 */
export function readYaml(file: string, text: string): { root?: Node; problems: Problem[] } {
  const start: Span = { file, line: 1, column: 1, length: 1 }
  if (text.length > fileCharactersMax) {
    const message = `the file has ${text.length} characters; at most ${fileCharactersMax} are read`
    return { problems: [{ code: 'TOO_LARGE', message, span: start }] }
  }
  const tooDeep: Problem = {
    code: 'BAD_YAML',
    message: `the text nests deeper than ${depthMax} levels`,
    span: start,
  }
  if (nestsTooDeep(text)) return { problems: [tooDeep] }
  try {
    return new Reader(file, text).read()
  } catch (error) {
    // Text that nests without end exhausts the stack.
    if (error instanceof RangeError) return { problems: [tooDeep] }
    throw error
  }
}

/** A cheap look at the brackets before the recursive parser sees them; generous, as quotes and comments count too. */
function nestsTooDeep(text: string): boolean {
  let depth = 0
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i)
    if (code === 0x0a) continue
    if (code === 0x5b || code === 0x7b) depth++
    else if (code === 0x5d || code === 0x7d) depth = Math.max(0, depth - 1)
    if (depth > 1000) return true
  }
  return false
}

const require = createRequire(import.meta.url)

let library: typeof import('yaml') | undefined

/** Loaded at the first file: `--version` must not wait for a parser. Kept, as every node asks and looking a module up is slow. */
function yaml(): typeof import('yaml') {
  library ??= require('yaml') as typeof import('yaml')
  return library
}

class Reader {
  private readonly problems: Problem[] = []
  private readonly anchors = new Map<string, { node: Node; size: number }>()
  private readonly file: string
  private readonly text: string
  private readonly lines: LineCounter
  private size = 0

  constructor(file: string, text: string) {
    this.file = file
    this.text = text
    this.lines = new (yaml().LineCounter)()
  }

  read(): { root?: Node; problems: Problem[] } {
    const document = yaml().parseDocument(this.text, {
      schema: 'failsafe',
      lineCounter: this.lines,
      prettyErrors: false,
      uniqueKeys: false,
      logLevel: 'error',
    })
    // The parser is recursive, and says so where text nests without end.
    if (document.errors.some(({ message }) => message.includes('call stack'))) {
      throw new RangeError('nested too deep')
    }
    for (const error of document.errors.slice(0, 20)) {
      const [from, to] = error.pos
      this.bad(
        error.code === 'MULTIPLE_DOCS'
          ? 'a second document begins here; a file holds one, so put this into a file of its own'
          : oneLine(error.message),
        this.span(from, to),
      )
    }
    if (document.errors.length > 0) return { problems: this.problems }
    if (document.contents === null) {
      this.bad('the file is empty', this.span(0, 1))
      return { problems: this.problems }
    }
    const root = this.node(document.contents as YamlNode, 0)
    return root ? { root, problems: this.problems } : { problems: this.problems }
  }

  private node(node: YamlNode, depth: number): Node | undefined {
    const { isAlias, isMap, isScalar, isSeq } = yaml()
    const [from, to] = node.range ?? [0, 0]
    const span = this.span(from, to)
    if (depth > depthMax) return this.bad(`the text nests deeper than ${depthMax} levels`, span)
    if (++this.size > nodesMax) return this.tooMuch(span)
    if (isAlias(node)) return this.alias(node.source, span)
    const sizeBefore = this.size
    let read: Node
    if (isScalar(node)) {
      const text = typeof node.value === 'string' ? node.value : ''
      read = { kind: 'scalar', text, quoted: node.type !== 'PLAIN', span }
    } else if (isSeq(node)) {
      const items = node.items.flatMap(item => this.node(item as YamlNode, depth + 1) ?? [])
      read = { kind: 'list', items, span }
    } else if (isMap(node)) {
      const entries = node.items.flatMap(pair => this.entry(pair as Pair, depth + 1) ?? [])
      read = { kind: 'map', entries, span }
      this.findDuplicates(entries)
    } else return this.bad('this is neither text nor a list nor a map', span)
    if (node.anchor) {
      this.anchors.set(node.anchor, { node: read, size: this.size - sizeBefore + 1 })
    }
    return read
  }

  private entry(pair: Pair, depth: number): Entry | undefined {
    const { isScalar } = yaml()
    const key = pair.key as YamlNode | null
    const [from, to] = key?.range ?? [0, 0]
    const keySpan = this.span(from, to)
    if (!isScalar(key) || typeof key.value !== 'string') {
      return this.bad('a key must be plain text', keySpan)
    }
    const value: Node | undefined = pair.value
      ? this.node(pair.value as YamlNode, depth)
      : { kind: 'scalar', text: '', quoted: false, span: keySpan }
    return value && { key: key.value, keySpan, value }
  }

  private alias(name: string, span: Span): Node | undefined {
    const known = this.anchors.get(name)
    if (!known) return this.bad(`the anchor "${name}" is not complete here`, span)
    this.size += known.size
    return this.size > nodesMax ? this.tooMuch(span) : known.node
  }

  private findDuplicates(entries: Entry[]): void {
    const seen = new Map<string, Span>()
    for (const { key, keySpan } of entries) {
      const first = seen.get(key)
      if (!first) seen.set(key, keySpan)
      else {
        const message = `the key "${key}" stands here twice, first on line ${first.line}`
        this.problems.push({ code: 'DUPLICATE_KEY', message, span: keySpan })
      }
    }
  }

  private tooMuch(span: Span): undefined {
    // Said once: every node from here on is over the limit.
    if (this.problems.some(problem => problem.message.includes('with its aliases'))) return
    this.bad(`the text has more than ${nodesMax} values with its aliases`, span)
  }

  private bad(message: string, span: Span): undefined {
    this.problems.push({ code: 'BAD_YAML', message, span })
  }

  /** The part of `from`–`to` that is on the first line. */
  private span(from: number, to: number): Span {
    const { line, col } = this.lines.linePos(from)
    const lineEnd = this.text.indexOf('\n', from)
    const end = lineEnd < 0 ? to : Math.min(to, lineEnd)
    const width = this.text.slice(from, end).trimEnd().length
    return { file: this.file, line: Math.max(1, line), column: Math.max(1, col), length: width }
  }
}

function oneLine(message: string): string {
  const text = message.replace(/\s+/g, ' ').trim()
  return text.charAt(0).toLowerCase() + text.slice(1)
}
