import { beginningLength, HiddenWords } from './text/hidden-words.ts'
import { isOrdinary } from './text/ordinary-words.ts'

/*
 * Words that must not be told: passwords, tokens, what the environment gave to a profile. Whoever comes to know one notes it here, and
 * whatever comes from outside (an error, the output of a program) is freed of all of them before it is written down. One list for the
 * process: a secret of one run is none of another run's business either.
 */

const hidden = new HiddenWords()
/** Secrets that stand in reports by chance: they are hidden where they can only be the secret. */
const ordinary = new HiddenWords()
let isAllowed = false
let areWillsHidden = false

/** Shorter ones stand in too many words by chance. */
const charactersMin = beginningLength

/** What was noted and asked for is forgotten: the tests of many files run in one process, and know nothing of each other. */
export function forgetSecrets(): void {
  hidden.clear()
  ordinary.clear()
  behindNames = undefined
  passing.clear()
  passingCharacters = 0
  isAllowed = false
  areWillsHidden = false
}

/** `--show-secrets`: somebody needs to see them. */
export function showSecrets(): void {
  isAllowed = true
}

export function secretsAreShown(): boolean {
  return isAllowed
}

/** `--hide-wills`: what a will says is nobody's business either. */
export function hideWills(): void {
  areWillsHidden = true
}

export function willsAreHidden(): boolean {
  return areWillsHidden
}

/** From now on this word is hidden, in all forms in which programs write text. `instead` stands in its place. */
export function noteSecret(word: string, instead = '***'): void {
  if (word.length < charactersMin) return
  if (isOrdinary(word)) return noteOrdinary(word, instead)
  for (const form of formsOf(word)) if (!hidden.has(form)) hidden.add(form, instead)
}

/** Characters of secrets that came over the wire: of more the oldest are only hidden where they stand by rule. */
const passingCharactersMax = 2 * 1024 * 1024
const passing = new Map<string, string[]>()
let passingCharacters = 0

/** The same of a word that a peer sent: whoever connects without end, each time with another password, must not fill the memory. */
export function notePassingSecret(word: string): void {
  if (word.length < charactersMin || passing.has(word)) return
  if (isOrdinary(word)) return noteOrdinary(word, '***')
  const forms = formsOf(word).filter(form => !hidden.has(form))
  passing.set(word, forms)
  for (const form of forms) {
    hidden.add(form, '***')
    passingCharacters += form.length
  }
  for (const [oldest, its] of passing) {
    if (passingCharacters <= passingCharactersMax) return
    passing.delete(oldest)
    for (const form of its) {
      hidden.delete(form)
      passingCharacters -= form.length
    }
  }
}

/** A text without the secrets that are known; an ordinary word only where the text says that it is one. */
export function hideSecrets(text: string): string {
  if (isAllowed) return text
  const clean = hidden.takeOutOf(text)
  return behindNames ? clean.replace(behindNames, '$1***') : clean
}

/** A command, or what a program wrote before it failed, without all secrets, be they ordinary words: whatever stands there may be meant. */
export function hideAllSecrets(text: string): string {
  return isAllowed ? text : ordinary.takeOutOf(hidden.takeOutOf(text))
}

/** What stands before a secret: a name, an option, or the beginning of an address. */
const secretsFollow =
  /(?:\b(?:user(?:[-_ ]?name)?|\w*pass(?:word|wd|phrase)?|\w*secret|\w*token|credentials?|auth\w*)\b|(?<![\w-])-[Pu])["'`]?\s*(?:[:=]|\b(?:is|was|with|of|for)\b)?\s*["'`(]*|:\/\/(?:[^\s/@:]*:)?/

let behindNames: RegExp | undefined

function noteOrdinary(word: string, instead: string): void {
  for (const form of formsOf(word)) if (!ordinary.has(form)) ordinary.add(form, instead)
  const all = ordinary.words().map(one => one.replace(/[^\w-]/g, '\\$&'))
  behindNames = new RegExp(`(${secretsFollow.source})(?:${all.join('|')})(?![\\w-])`, 'gi')
}

function formsOf(word: string): string[] {
  const bytes = Buffer.from(word)
  return [
    word,
    encodeURIComponent(word),
    JSON.stringify(word).slice(1, -1),
    bytes.toString('base64'),
    bytes.toString('hex'),
    bytes.toString('hex').toUpperCase(),
  ]
}

/** Names of arguments and variables whose values nobody should read. */
const secretName =
  /pass(?:w(?:or)?d|phrase)?|secret|token|credential|(?:^|[-_.])(?:api[-_]?)?key$|\bkey\b|^-P$/i

function isSecretName(name: string): boolean {
  return secretName.test(name)
}

/** Notes what stands in a command behind a name such as `--password`, and in variables of such a name. */
export function noteSecretsOf(
  command: readonly string[],
  env: { readonly [name: string]: string } = {},
): void {
  for (const [index, word] of command.entries()) {
    const [, name = '', value] = /^(-[^=]*)(?:=(.*))?$/s.exec(word) ?? []
    if (!isSecretName(name)) continue
    const next = command[index + 1]
    if (value !== undefined) noteSecret(value)
    else if (next !== undefined && !next.startsWith('-')) noteSecret(next)
  }
  for (const [name, value] of Object.entries(env)) if (isSecretName(name)) noteSecret(value)
}

/** `password: hunter2` and the like in the text of a step. */
const secretField =
  /(["']?\b(?:user_?name|\w*pass(?:word|wd|phrase)?|\w*secret|\w*token|authenticationData|auth_?data)\b["']?\s*[:=]\s*)("(?:[^"\\]|\\.)*(?:"|$)|'(?:[^']|'')*(?:'|$)|\{[^}]*(?:\}|$)|[^\s,}\]]+)/gi

/** A word that every name of such a field has in it: most steps have none, and are not searched any further. */
const secretWord = /user|pass|secret|token|auth/i

/** A step as it may be shown: the fields that hold secrets are blanked. */
export function hideFields(text: string): string {
  if (isAllowed) return text
  return hideSecrets(secretWord.test(text) ? text.replace(secretField, '$1***') : text)
}
