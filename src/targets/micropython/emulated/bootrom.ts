import { TargetError } from '../../target-error.ts'

/** What the boot ROM of an RP2040 does to the flash. rp2040js has its code but no flash chip behind it. */
export type FlashRoutines = { erase: number; program: number }

const romBytes = 16 * 1024
const magicAt = 0x10
const tableAt = 0x14

/** Words of a boot ROM file. Throws TargetError where it is none. */
export function bootromWords(file: Uint8Array, label: string): Uint32Array {
  const magic = file[magicAt] === 0x4d && file[magicAt + 1] === 0x75 && file[magicAt + 2] === 1
  if (file.length !== romBytes || !magic)
    throw new TargetError(
      'TARGET_NOT_READY',
      `${label} is no boot ROM of an RP2040: ${romBytes} bytes with "Mu" and 1 at 0x10 are`,
    )
  return new Uint32Array(file.slice().buffer)
}

/**
 * Addresses of the routines that erase and program, from the ROM's own table of functions: two letters and a pointer each, ended by
 * zero. Source: RP2040 datasheet, "Bootrom Contents".
 */
export function flashRoutines(rom: Uint32Array): FlashRoutines {
  const view = new DataView(rom.buffer, rom.byteOffset, rom.byteLength)
  const find = (code: string) => {
    const wanted = code.charCodeAt(0) | (code.charCodeAt(1) << 8)
    for (let at = view.getUint16(tableAt, true); at + 4 <= view.byteLength; at += 4) {
      const found = view.getUint16(at, true)
      if (found === 0) break
      if (found === wanted) return view.getUint16(at + 2, true) & ~1
    }
    throw new TargetError('TARGET_NOT_READY', `the boot ROM's table has no function ${code}`)
  }
  return { erase: find('RE'), program: find('RP') }
}
