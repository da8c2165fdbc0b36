import { createHash } from 'node:crypto'
import { access, mkdir, mkdtemp, readFile, rename, rm } from 'node:fs/promises'
import os from 'node:os'
import path from 'node:path'
import { clientCommand } from './client-command.ts'
import { endingText, spawnOwned } from './processes.ts'
import type { Profile } from './profile.ts'
import { TargetError } from './target-error.ts'

/** A build may fetch and compile dependencies. */
const buildMs = 600_000

/**
 * Runs the profile's `build` command where its result is not in the user's cache yet, and gives the folder of the result.
 * The result belongs to the command and the contents of the sources: a change of either builds anew.
 */
export async function buildOnce(profile: Profile, here: string): Promise<string> {
  const { build, name } = profile
  if (!build) return here
  const out = path.join(cacheFolder(), `${name}-${await fingerprint(build, here)}`)
  if (await exists(out)) return out
  await mkdir(path.dirname(out), { recursive: true })
  const draft = await mkdtemp(`${out}-draft-`)
  try {
    await compile(profile, build.command, { here, out: draft })
    // Complete or not there at all; where another run was faster, its result is as good.
    await rename(draft, out).catch(async error => {
      if (!(await exists(out))) throw error
    })
  } finally {
    await rm(draft, { recursive: true, force: true })
  }
  return out
}

async function compile(
  profile: Profile,
  command: string[],
  variables: { here: string; out: string },
): Promise<void> {
  const running = await spawnOwned(clientCommand(profile, command, variables), {
    cwd: variables.here,
  })
  const timer = setTimeout(() => running.signal('kill'), buildMs)
  const ending = await running.ended
  clearTimeout(timer)
  if (ending.code === 0) return
  const get = profile.install ? `; it needs: ${profile.install}` : ''
  throw new TargetError(
    'BUILD_FAILED',
    `expected \`${running.command.join(' ')}\` to build the adapter ${profile.name}; it ${endingText(ending)}${get}. It wrote last:\n${running.tail()}`,
  )
}

async function fingerprint(build: NonNullable<Profile['build']>, here: string): Promise<string> {
  const hash = createHash('sha256')
  hash.update(JSON.stringify([build.command, process.platform, process.arch]))
  for (const source of build.sources) hash.update(await readFile(path.join(here, source)))
  return hash.digest('hex').slice(0, 16)
}

function cacheFolder(): string {
  const cache = process.env.XDG_CACHE_HOME ?? path.join(os.homedir(), '.cache')
  return path.join(cache, 'mqttspec')
}

async function exists(file: string): Promise<boolean> {
  return access(file).then(
    () => true,
    () => false,
  )
}
