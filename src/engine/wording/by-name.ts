/** Judges speak of the target; a report is about one that has a name. `The target sent …` becomes `mosquitto sent …`. */
export function byName(text: string, name: string): string {
  return isName(name) ? text.replace(/^The target\b|\bthe target\b/g, () => name) : text
}

/** An address, or what somebody called a profile in a sentence, reads worse than `the target`. */
function isName(name: string): boolean {
  return /^[\w.@-]+$/.test(name) && !/^[\d.]+$/.test(name)
}
