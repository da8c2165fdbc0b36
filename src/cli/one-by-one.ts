import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

/*
 * A hook of Node for loading modules: reads each at once, so that no more than one is open.
 */

type Context = { format?: string | null }
type Loaded = { format: string; source?: string; shortCircuit?: boolean }

export function load(
  url: string,
  context: Context,
  next: (url: string, context: Context) => Promise<Loaded>,
): Loaded | Promise<Loaded> {
  const { format } = context
  if (!url.startsWith('file:') || (format !== 'module' && format !== 'json')) {
    return next(url, context)
  }
  return { format, source: readFileSync(fileURLToPath(url), 'utf8'), shortCircuit: true }
}
