/** Puts `$port`, `$dir`, `$here`, … in their places; a name that is not known stays as it is. */
export function replaceVariables(text: string, variables: { [name: string]: string }): string {
  return text.replace(
    /\$([A-Za-z][A-Za-z0-9]*)/g,
    (whole, name: string) => variables[name] ?? whole,
  )
}
