import t from 'tap'
import { HiddenWords } from './hidden-words.ts'

function hiding(...words: string[]): HiddenWords {
  const hidden = new HiddenWords()
  for (const word of words) hidden.add(word, '***')
  return hidden
}

t.test('every word is taken out wherever it stands', t => {
  const hidden = hiding('hunter2', 'geheim')
  t.equal(hidden.takeOutOf('hunter2'), '***')
  t.equal(hidden.takeOutOf('a hunter2 and a geheim, hunter2hunter2'), 'a *** and a ***, ******')
  t.equal(hidden.takeOutOf('hunter'), 'hunter')
  t.equal(hidden.takeOutOf(''), '')
  t.end()
})

t.test('of words that begin alike the longest is taken out', t => {
  const hidden = hiding('secret', 'secret-and-more', 'secret-and')
  t.equal(hidden.takeOutOf('(secret-and-more)'), '(***)')
  t.equal(hidden.takeOutOf('(secret-and-mor)'), '(***-mor)')
  t.end()
})

t.test('nothing is left of words that overlap', t => {
  const hidden = hiding('abcdef', 'defghi', 'hijk')
  t.equal(hidden.takeOutOf('<abcdefghijk>'), '<***>')
  t.equal(hidden.takeOutOf('<abcdefghij>'), '<***j>')
  t.end()
})

t.test('what stands instead is that of the word', t => {
  const hidden = hiding('hunter2')
  hidden.add('from-env', '$TOKEN')
  t.equal(hidden.takeOutOf('hunter2 from-env'), '*** $TOKEN')
  t.end()
})

t.test('a word that was forgotten is told again, and those that begin like it are not', t => {
  const hidden = hiding('secret-1', 'secret-2')
  hidden.delete('secret-1')
  hidden.delete('secret-1')
  t.equal(hidden.takeOutOf('secret-1 secret-2'), 'secret-1 ***')
  t.equal(hidden.size, 1)
  hidden.clear()
  t.equal(hidden.takeOutOf('secret-2'), 'secret-2')
  t.throws(() => hidden.add('abc', '***'), RangeError)
  t.end()
})
