import t from 'tap'
import { Flash, picoFlashBytes } from './flash.ts'

const erasesPerRewrite = (bytes: number) => {
  const flash = new Flash()
  const times = 3200
  for (let turn = 0; turn < times; turn++)
    flash.commit({ kind: 'write', path: 'slot', bytes: new Uint8Array(bytes) })
  return flash.wear.erases / times
}

t.test('rewriting one file wears the flash as littlefs was measured to', async t => {
  const measured = [
    { bytes: 100, erases: 0.063 },
    { bytes: 400, erases: 0.14 },
    { bytes: 600, erases: 1.07 },
  ]
  for (const { bytes, erases } of measured) {
    const modelled = erasesPerRewrite(bytes)
    t.ok(Math.abs(modelled - erases) < 0.01, `${bytes} B: ${modelled}, measured ${erases}`)
  }
})

t.test('a full flash takes no new block, but still a small file in its place', async t => {
  const flash = new Flash(new Map([['small', new Uint8Array(10)]]))
  const rest = picoFlashBytes - 3 * 4096
  t.ok(flash.fits('large', rest))
  flash.commit({ kind: 'write', path: 'large', bytes: new Uint8Array(rest) })
  t.notOk(flash.fits('other', 600))
  t.notOk(flash.fits('large', rest), 'the old content stays until the new one is whole')
  t.ok(flash.fits('small', 400))
  flash.commit({ kind: 'remove', path: 'large' })
  t.ok(flash.fits('other', 600))
})

t.test('an image is what was committed, and later commits leave it alone', async t => {
  const flash = new Flash()
  flash.commit({ kind: 'make-directory', path: 'j' })
  flash.commit({ kind: 'write', path: 'j/a', bytes: Uint8Array.of(1) })
  const image = flash.image()
  flash.commit({ kind: 'rename', from: 'j/a', to: 'j/b' })
  flash.commit({ kind: 'write', path: 'j/c', bytes: Uint8Array.of(2) })
  flash.commit({ kind: 'remove', path: 'j/c' })
  t.same([...image.keys()], ['j/a'])
  t.same([...flash.image()], [['j/b', Uint8Array.of(1)]])
  t.equal(flash.wear.commits, 5)
})
