import { createHash } from 'node:crypto'
import { fileURLToPath } from 'node:url'
import { build } from 'esbuild'

const app = fileURLToPath(new URL('viewer/', import.meta.url))

/** Makes the script and the style of the viewer of its sources. Plain JavaScript, since the build needs it before anything is built. */
export async function bundleViewer() {
  const { outputFiles } = await build({
    entryPoints: [`${app}main.tsx`],
    bundle: true,
    write: false,
    minify: true,
    outdir: 'out',
    format: 'iife',
    target: ['chrome111', 'firefox113', 'safari16.4'],
    jsx: 'automatic',
    jsxImportSource: 'preact',
    inject: [`${app}buffer.ts`],
    legalComments: 'none',
    loader: { '.css': 'empty' },
  })
  const css = await build({
    entryPoints: [`${app}style.css`],
    write: false,
    minify: true,
    outdir: 'out',
  })
  // What would end the element is written so that it does not.
  const script = outputFiles[0].text.trim().replaceAll('</script', '<\\/script')
  const style = css.outputFiles[0].text.trim()
  const hash = createHash('sha256').update(script).digest('base64')
  return { script, style, hash }
}
