import type { Finding } from '../../model/finding.ts'

/** What stands beside a finding's message, each under its name: nothing that the message has said already. */
export function detailsOf(
  finding: Pick<Finding, 'message' | 'expected' | 'got' | 'nearestMiss'>,
): [name: string, text: string][] {
  const { message, expected, got, nearestMiss } = finding
  const told: string[] = [message]
  const details: [string, string][] = []
  const facts: [string, string | undefined][] = [
    ['expected', expected],
    ['got', got],
    ['nearest', nearestMiss],
  ]
  for (const [name, text] of facts) {
    if (text === undefined || adds(text, told.join(' ')) === false) continue
    details.push([name, text])
    told.push(text)
  }
  return details
}

/** Whether a text has a word that was not said. */
function adds(text: string, said: string): boolean {
  const known = new Set(wordsOf(said.replace('answered our PINGREQ', '$& PINGRESP')))
  return wordsOf(text).some(word => !known.has(word) && !filling.has(word))
}

function wordsOf(text: string): string[] {
  return text.toLowerCase().match(/[\p{L}\p{N}$+#/_-]+/gu) ?? []
}

/** Words that say nothing alone. */
const filling = new Set(
  'a an and as at be by for in is it its least most no nothing of on one or that the to was were with within'.split(
    ' ',
  ),
)
