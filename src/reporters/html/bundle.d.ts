/** The viewer as it goes into a page; `hash` is the SHA-256 of the script, by which a page allows it alone. */
export function bundleViewer(): Promise<{ script: string; style: string; hash: string }>
