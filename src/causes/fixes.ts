/** What mends a cause, in a sentence, where what went wrong leaves little doubt. */
export function fixOf(says: string): string | undefined {
  return fixes.find(({ told }) => told.test(says))?.fix
}

const fixes: { told: RegExp; fix: string }[] = []
