/*
 * What a peer sent, or named itself, ends up in terminals, XML and HTML. Characters that would steer a terminal, break
 * a document or turn the reading direction are written as escapes; the target's text can then do no more than be read.
 */

/** `text` on one line, cut at `maxChars`: `\n` and `\x1b` become their escapes. */
export function visible(text: string, maxChars = 2000): string {
  return clip(text, maxChars).replace(unsafe, escaped)
}

/** As `visible`, but line breaks stay. */
export function visibleLines(text: string, maxChars = 20_000): string {
  return clip(text, maxChars)
    .split(/\r?\n/)
    .map(line => line.replace(unsafe, escaped))
    .join('\n')
}

/**
 * Controls, lone surrogates, invisible format characters (bidi overrides among them), line separators,
 * and the two code points XML forbids.
 */
const unsafe = /[\p{Cc}\p{Cs}\p{Cf}\u2028\u2029\ufffe\uffff]/gu

const short: { [char: string]: string } = { '\n': '\\n', '\r': '\\r', '\t': '\\t' }

function escaped(char: string): string {
  const code = char.codePointAt(0)!
  if (short[char] !== undefined) return short[char]
  if (code <= 0xff) return `\\x${code.toString(16).padStart(2, '0')}`
  return code <= 0xffff ? `\\u${code.toString(16).padStart(4, '0')}` : `\\u{${code.toString(16)}}`
}

function clip(text: string, maxChars: number): string {
  if (text.length <= maxChars) return text
  const head = text.slice(0, maxChars).replace(/[\ud800-\udbff]$/, '')
  return `${head}... (${text.length - head.length} more characters)`
}
