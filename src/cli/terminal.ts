import type { Io } from './io.ts'

/** What our stdout is: a terminal or a pipe, how wide, and which signs it can show. */
export function terminalTraits({ stdout, env }: Io): {
  live: boolean
  colour: boolean
  columns: number
  ascii: boolean
} {
  const live = stdout.isTTY === true
  return {
    live,
    colour: live && !env.NO_COLOR,
    columns: stdout.columns ?? 100,
    ascii: live && speaksAsciiOnly(env),
  }
}

/** A locale that is set to something else than UTF-8, such as `C`. Where none is set, nothing is known: UTF-8 is likely. */
function speaksAsciiOnly(env: { [name: string]: string | undefined }): boolean {
  const locale = env.LC_ALL || env.LC_CTYPE || env.LANG || ''
  return locale !== '' && !/utf-?8/i.test(locale)
}
