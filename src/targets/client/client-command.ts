import { access, constants } from 'node:fs/promises'
import path from 'node:path'
import { noteSecret } from '../../model/secrets.ts'
import type { Profile } from '../profile.ts'
import { TargetError } from '../target-error.ts'
import { replaceVariables } from '../variables.ts'

/**
 * A command of a client's profile, ready to be started: `$here` and the like in their places, `node` as the one that runs us,
 * names in capitals (`$PAHO2_PYTHON`) from the environment. Throws TargetError where such a one is not set.
 */
export function clientCommand(
  profile: Profile,
  command: readonly string[],
  variables: { [name: string]: string },
): string[] {
  const [program = '', ...args] = command.map(word =>
    replaceVariables(fromEnvironment(profile, word), variables),
  )
  return [program === 'node' ? process.execPath : program, ...args]
}

/** Rejects with TargetError where the program is not on this machine, before any case needs it. */
export async function mustExist(profile: Profile, program: string): Promise<void> {
  for (const file of placesOf(program)) {
    if (await isExecutable(file)) return
  }
  throw new TargetError(
    'PROGRAM_MISSING',
    `${profile.name} needs the program ${program}, which is not on this machine${toInstall(profile)}`,
  )
}

function fromEnvironment(profile: Profile, word: string): string {
  return word.replace(/\$([A-Z][A-Z0-9_]+)/g, (_whole, name: string) => {
    const value = process.env[name]
    if (value) {
      noteSecret(value, `$${name}`)
      return value
    }
    throw new TargetError(
      'PROGRAM_MISSING',
      `${profile.name} needs the environment variable ${name}, which is not set${toInstall(profile)}`,
    )
  })
}

function toInstall(profile: Profile): string {
  return profile.install ? `; to get it: ${profile.install}` : ''
}

function placesOf(program: string): string[] {
  const endings = process.platform === 'win32' ? ['', '.exe', '.cmd', '.bat'] : ['']
  const folders =
    path.basename(program) === program ? (process.env.PATH ?? '').split(path.delimiter) : ['']
  return folders.flatMap(folder => endings.map(ending => path.join(folder, program + ending)))
}

function isExecutable(file: string): Promise<boolean> {
  return access(file, constants.X_OK).then(
    () => true,
    () => false,
  )
}
