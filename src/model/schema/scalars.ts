import { fromHex } from '../text/hex.ts'
import { didYouMean } from './near.ts'
import { isEmpty, type Node } from './node.ts'
import type { ProblemCode } from './problem.ts'
import { type Context, type JsonSchema, report, type Schema, wrongType } from './schema.ts'

/** What is wrong with a text, without its place. */
export type Fault = { code: ProblemCode; message: string; hint?: string }

/** A schema whose value is written as one piece of text. */
export type ScalarSchema<T> = Schema<T> & {
  parse(text: string): { value: T } | { fault: Fault }
}

function scalar<T>(
  title: string,
  json: JsonSchema,
  parse: (text: string) => { value: T } | { fault: Fault },
): ScalarSchema<T> {
  return {
    title,
    parse,
    json: () => json,
    read(node: Node, context: Context): T | undefined {
      if (node.kind !== 'scalar') return wrongType(context, title, node)
      const parsed = parse(node.text)
      if ('value' in parsed) return parsed.value
      const { code, message, hint } = parsed.fault
      const from = node.written === undefined ? '' : ` (${node.written})`
      if (isEmpty(node)) return wrongType(context, title, node)
      return report(context, code, `${message}${from}`, node.span, hint ? { hint } : {})
    },
  }
}

/** Editors read plain `7` and `true` as number and boolean; here they are text. */
const anyScalar: JsonSchema = { type: ['string', 'number', 'boolean'] }

export function text(title = 'text'): ScalarSchema<string> {
  return scalar(title, anyScalar, value => ({ value }))
}

/** Text that is not empty and follows a pattern, such as an id. */
export function textLike(
  title: string,
  pattern: RegExp,
  code: ProblemCode = 'WRONG_TYPE',
): ScalarSchema<string> {
  const json = { type: 'string', pattern: pattern.source }
  return scalar(title, json, value =>
    pattern.test(value)
      ? { value }
      : { fault: { code, message: `expected ${title}, got ${JSON.stringify(value)}` } },
  )
}

export function integer(min: number, max: number, unit = ''): ScalarSchema<number> {
  const title = `an integer from ${min} to ${max}${unit ? ` ${unit}` : ''}`
  return scalar(title, { type: 'integer', minimum: min, maximum: max }, value => {
    const got = `expected ${title}, got ${JSON.stringify(value)}`
    const isHex = /^0x[0-9a-fA-F]{1,8}$/.test(value)
    if (!isHex && !/^-?(0|[1-9][0-9]{0,15})$/.test(value)) {
      return { fault: { code: 'WRONG_TYPE', message: got } }
    }
    const number = Number(value)
    if (number < min || number > max) return { fault: { code: 'OUT_OF_RANGE', message: got } }
    return { value: number }
  })
}

/** Also fractions, such as seconds. */
export function number(min: number, max: number, unit = ''): ScalarSchema<number> {
  const title = `a number from ${min} to ${max}${unit ? ` ${unit}` : ''}`
  return scalar(title, { type: 'number', minimum: min, maximum: max }, value => {
    const got = `expected ${title}, got ${JSON.stringify(value)}`
    if (!/^(-?[0-9]{1,15}(\.[0-9]{1,9})?|0x[0-9a-fA-F]{1,8})$/.test(value)) {
      return { fault: { code: 'WRONG_TYPE', message: got } }
    }
    const read = Number(value)
    if (read < min || read > max) return { fault: { code: 'OUT_OF_RANGE', message: got } }
    return { value: read }
  })
}

export function flag(): ScalarSchema<boolean> {
  return scalar('true or false', { type: 'boolean' }, value => {
    if (value === 'true') return { value: true }
    if (value === 'false') return { value: false }
    const message = `expected true or false, got ${JSON.stringify(value)}`
    return { fault: { code: 'WRONG_TYPE', message } }
  })
}

/** One of the given words. `what` names them: `no session is called "keep"`. */
export function word<const W extends string>(
  what: string,
  words: readonly W[],
  code: ProblemCode = 'UNKNOWN_WORD',
): ScalarSchema<W> {
  const title = words.length <= 6 ? words.join(' or ') : `a ${what}`
  return scalar(title, { enum: enumOf(words) }, value => {
    const found = words.find(known => known === value)
    if (found !== undefined) return { value: found }
    const message = `no ${what} is called ${JSON.stringify(value)}`
    const { hint } = didYouMean(value, words)
    const list = words.length <= 8 ? { hint: `one of: ${words.join(', ')}` } : {}
    return { fault: { code, message, ...(hint ? { hint } : list) } }
  })
}

/** An editor that reads plain YAML sees `5.0` as the number 5. */
function enumOf(words: readonly string[]): unknown[] {
  return words.flatMap(known =>
    /^[0-9]+(\.[0-9]+)?$/.test(known) ? [known, Number(known)] : [known],
  )
}

/** `00 ff` with blanks and comments as one likes. */
export function hexBytes(): ScalarSchema<Uint8Array> {
  const title = 'bytes in hex, such as "30 02 00 00"'
  return scalar(title, anyScalar, value => {
    try {
      return { value: fromHex(value) }
    } catch {
      const message = `expected ${title}, got ${JSON.stringify(value.slice(0, 60))}`
      return { fault: { code: 'WRONG_TYPE', message } }
    }
  })
}

/** A day as ISO 8601 writes it. */
export function day(): ScalarSchema<string> {
  const title = 'a day as YYYY-MM-DD'
  return scalar(title, { type: 'string', format: 'date' }, value => {
    const is = /^\d{4}-\d{2}-\d{2}$/.test(value) && isCalendarDay(value)
    const message = `expected ${title}, got ${JSON.stringify(value)}`
    return is ? { value } : { fault: { code: 'WRONG_TYPE', message } }
  })
}

function isCalendarDay(value: string): boolean {
  const read = new Date(`${value}T00:00:00Z`)
  return !Number.isNaN(read.getTime()) && read.toISOString().startsWith(value)
}
