import { createHash } from 'node:crypto'
import { existsSync } from 'node:fs'
import { access, mkdir, mkdtemp, readFile, rename, rm } from 'node:fs/promises'
import os from 'node:os'
import path from 'node:path'
import { hideAllSecrets } from '../../model/secrets.ts'
import { adviceFor } from '../../model/text/system-error.ts'
import { clientCommand } from '../client/client-command.ts'
import { folderRemoved, guardFolder } from '../guard/guard.ts'
import { owner } from '../guard/owner.ts'
import type { Profile } from '../profile.ts'
import { TargetError } from '../target-error.ts'
import { endingText, spawnOwned } from './processes.ts'
import { sweep } from './temporary.ts'

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
  const draft = await newDraft(out)
  guardFolder(draft)
  try {
    await compile(profile, build.command, { here, out: draft })
    // Complete or not there at all; where another run was faster, its result is as good.
    await rename(draft, out).catch(async error => {
      if (!(await exists(out))) throw error
    })
  } finally {
    await rm(draft, { recursive: true, force: true }).catch(() => undefined)
    folderRemoved(draft)
  }
  return out
}

/** A folder beside the result, to become it. What runs left that were killed while they compiled is taken away. */
async function newDraft(out: string): Promise<string> {
  const cache = path.dirname(out)
  try {
    await makeFolder(cache)
    await sweep(cache)
    return await mkdtemp(`${out}-draft-${owner}-`)
  } catch (error) {
    throw new TargetError(
      'NO_CACHE_FOLDER',
      `cannot keep the compiled adapter in ${cache}: ${adviceFor(error)}; XDG_CACHE_HOME names another place`,
      error,
    )
  }
}

/** Node's own recursive mkdir never ends where a parent cannot be made, as in /proc. */
async function makeFolder(folder: string): Promise<void> {
  if (existsSync(folder)) return
  if (path.dirname(folder) !== folder) await makeFolder(path.dirname(folder))
  await mkdir(folder).catch(error => {
    // Another run may make it at the same time.
    if (error.code !== 'EEXIST') throw error
  })
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
    `expected \`${hideAllSecrets(running.command.join(' '))}\` to build the adapter ${profile.name}; it ${endingText(ending)}${get}. It wrote last:\n${running.tail()}`,
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
