import t from 'tap'
import { forgetSecrets, hideSecrets, notePassingSecret, noteSecret } from './secrets.ts'

t.test(
  'secrets that peers send without end push out the oldest of theirs, and none of the user',
  t => {
    t.teardown(forgetSecrets)
    noteSecret('of the user')
    const words = Array.from({ length: 20 }, (_, i) => `word ${i} ${'x'.repeat(60_000)}`)
    for (const word of words) notePassingSecret(word)
    t.equal(hideSecrets('of the user'), '***')
    t.equal(hideSecrets(words.at(-1) ?? ''), '***')
    t.equal(hideSecrets(words[0] ?? ''), words[0])
    t.end()
  },
)
