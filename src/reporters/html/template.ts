import { bundleViewer } from './bundle.js'

/** Made of the sources where these are run as they are; the build puts what was made in this file's place. */
export const template: { script: string; style: string; hash: string } = await bundleViewer()
