import { TargetError } from '../../target-error.ts'

/** Where an RP2040 sees its flash. */
export const flashBase = 0x1000_0000
const uf2Magic = [0x0a32_4655, 0x9e5d_5157] as const
const uf2BlockBytes = 512
const rp2040Family = 0xe48b_ff56
const familyFlag = 0x2000
const flashBytesMax = 16 * 1024 * 1024

/**
 * The flash that an image makes: a `.uf2` as it is copied onto a board, or a `.bin` that begins at the start of the flash. What the image
 * does not write is erased. Throws TargetError. Source: the UF2 file format specification, "File format".
 */
export function flashOfImage(
  file: Uint8Array,
  label: string,
  flashBytes = 2 * 1024 * 1024,
): Uint8Array {
  const flash = new Uint8Array(Math.min(flashBytes, flashBytesMax)).fill(0xff)
  const put = (bytes: Uint8Array, at: number) => {
    if (at < 0 || at + bytes.length > flash.length)
      throw unfit(
        label,
        `it writes to 0x${(flashBase + at).toString(16)}, beyond the flash of ${flash.length} bytes`,
      )
    flash.set(bytes, at)
  }
  if (!isUf2(file)) {
    if (file.length < 512) throw unfit(label, 'it is too short')
    put(file, 0)
    return flash
  }
  const view = new DataView(file.buffer, file.byteOffset, file.byteLength)
  const word = (at: number) => view.getUint32(at, true)
  let blocks = 0
  for (let at = 0; at + uf2BlockBytes <= file.length; at += uf2BlockBytes) {
    if (word(at) !== uf2Magic[0] || word(at + 4) !== uf2Magic[1])
      throw unfit(label, `block ${at / uf2BlockBytes} is no UF2 block`)
    if (word(at + 8) & familyFlag && word(at + 28) !== rp2040Family) continue
    put(file.subarray(at + 32, at + 32 + Math.min(word(at + 16), 476)), word(at + 12) - flashBase)
    blocks += 1
  }
  if (blocks === 0) throw unfit(label, 'it holds nothing for an RP2040; is it for another chip?')
  return flash
}

function isUf2(file: Uint8Array): boolean {
  if (file.length < uf2BlockBytes) return false
  const view = new DataView(file.buffer, file.byteOffset, 8)
  return view.getUint32(0, true) === uf2Magic[0] && view.getUint32(4, true) === uf2Magic[1]
}

function unfit(label: string, why: string): TargetError {
  return new TargetError('TARGET_NOT_READY', `${label} is no image for a Pico: ${why}`)
}
