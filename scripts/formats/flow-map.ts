/** A map as YAML writes it on one line: `{ dup: "38", "#/a": 232f61 }`. */
export function flowMap(
  map: { readonly [key: string]: string },
  write: (value: string) => string = value => value,
): string {
  const entries = Object.entries(map).map(([key, value]) => `${keyText(key)}: ${write(value)}`)
  return `{ ${entries.join(', ')} }`
}

function keyText(key: string): string {
  return /^[A-Za-z+/][\w+\-/]*$/.test(key) ? key : JSON.stringify(key)
}
