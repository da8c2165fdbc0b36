import { once } from 'node:events'
import net from 'node:net'
import t from 'tap'
import type { CutPoint } from '../cut-point.ts'
import { bootromWords, flashRoutines } from './bootrom.ts'
import { EmulatedPico } from './emulated-pico.ts'
import { flashOfImage } from './image.ts'
import { FrameReader, frameBytes, Multiplexer } from './multiplexer.ts'

/*
 * No image and no boot ROM ship. What surrounds them is tried with a ROM that holds nothing but a table, and with a program of a few Thumb
 * instructions that erases a sector, programs a page and sends a frame over UART 0.
 */
const romErase = 0x100
const romProgram = 0x110

/** A boot ROM as far as anyone looks at it: the magic, and a table with the two functions. */
function tableRom(): Uint8Array {
  const rom = new Uint8Array(16 * 1024)
  const view = new DataView(rom.buffer)
  rom.set([0x4d, 0x75, 1], 0x10)
  view.setUint16(0x14, 0x40, true)
  const table: [string, number][] = [
    ['P3', 0x201],
    ['RE', romErase | 1],
    ['RP', romProgram | 1],
  ]
  for (const [index, [code, pointer]] of table.entries()) {
    view.setUint16(0x40 + index * 4, code.charCodeAt(0) | (code.charCodeAt(1) << 8), true)
    view.setUint16(0x42 + index * 4, pointer, true)
  }
  return rom
}

const sectorAt = 0x2000
const dataAt = 0x100
const frame = [7, 1, 0, 2, 0x68, 0x69]

/** Thumb: registers from words at the end, calls through r4, then a frame to UART 0, byte by byte, then an endless loop. */
function program(): Uint8Array {
  const code = new Uint8Array(0x200)
  const view = new DataView(code.buffer)
  const words = [
    sectorAt,
    4096,
    romErase | 1,
    0x1000_0000 + dataAt,
    256,
    romProgram | 1,
    0x4003_4000,
  ]
  const poolAt = 0x80
  const halves: number[] = []
  const load = (register: number, word: number) => {
    const pc = (halves.length * 2 + 4) & ~3
    halves.push(0x4800 | (register << 8) | ((poolAt + word * 4 - pc) >> 2))
  }
  load(0, 0)
  load(1, 1)
  load(4, 2)
  halves.push(0x47a0) // blx r4: flash_range_erase(sector, 4096)
  load(0, 0)
  load(1, 3)
  load(2, 4)
  load(4, 5)
  halves.push(0x47a0) // blx r4: flash_range_program(sector, data, 256)
  load(5, 6)
  halves.push(0x2000 | 0x0600 | 1) // movs r6, #1
  halves.push(0x632e) // str r6, [r5, #48]: UARTCR, the UART is enabled
  for (const byte of frame) halves.push(0x2000 | byte, 0x6028) // movs r0, #byte; str r0, [r5]
  halves.push(0xe7fe) // b .
  for (const [index, half] of halves.entries()) view.setUint16(index * 2, half, true)
  for (const [index, word] of words.entries()) view.setUint32(poolAt + index * 4, word, true)
  for (let at = 0; at < 256; at++) code[dataAt + at] = at
  return Uint8Array.from([...code, ...new Uint8Array(512)])
}

/** The same as UF2, with a block for another chip that must be passed over. */
function asUf2(bytes: Uint8Array): Uint8Array {
  const blocks: Uint8Array[] = []
  const count = Math.ceil(bytes.length / 256)
  const block = (at: number, family: number, payload: Uint8Array) => {
    const out = new Uint8Array(512)
    const view = new DataView(out.buffer)
    const head = [0x0a324655, 0x9e5d5157, 0x2000, at, 256, blocks.length, count, family]
    for (const [index, word] of head.entries()) view.setUint32(index * 4, word, true)
    out.set(payload, 32)
    blocks.push(out)
  }
  block(0x1000_0000, 0xe48bff59, new Uint8Array(256).fill(0xee))
  for (let at = 0; at < bytes.length; at += 256)
    block(0x1000_0000 + at, 0xe48bff56, bytes.subarray(at, at + 256))
  return Uint8Array.from(blocks.flatMap(each => [...each]))
}

t.test('a .bin and a .uf2 of the same program make the same flash', async t => {
  const bin = flashOfImage(program(), 'a.bin')
  t.same(flashOfImage(asUf2(program()), 'a.uf2'), bin)
  t.equal(bin.length, 2 * 1024 * 1024)
  t.equal(bin[sectorAt], 0xff, 'what is not written is erased')
})

t.test('a file that is no image is refused, and says why', async t => {
  t.throws(() => flashOfImage(new Uint8Array(10), 'x.bin'), { message: /x\.bin.*too short/ })
  t.throws(() => flashOfImage(program(), 'x.bin', 600), { message: /beyond the flash of 600/ })
  const uf2 = asUf2(program())
  t.throws(() => flashOfImage(uf2.subarray(0, 512), 'x.uf2'), { message: /another chip/ })
  const bad = uf2.slice()
  bad[512] = 0
  t.throws(() => flashOfImage(bad, 'x.uf2'), { message: /block 1 is no UF2 block/ })
})

t.test('the flash routines are found by the table of the boot ROM', async t => {
  t.same(flashRoutines(bootromWords(tableRom(), 'rom')), { erase: romErase, program: romProgram })
  t.throws(() => bootromWords(new Uint8Array(16_384), 'rom'), { message: /no boot ROM/ })
  t.throws(() => bootromWords(tableRom().subarray(0, 100), 'rom'), { message: /no boot ROM/ })
  const without = tableRom()
  without[0x44] = 0x58
  t.throws(() => flashRoutines(bootromWords(without, 'rom')), { message: /no function RE/ })
})

t.test('frames are cut out of any pieces', async t => {
  const frames = [
    { socket: 1, command: 0, data: Buffer.from('127.0.0.1:1883') },
    { socket: 250, command: 1, data: Buffer.alloc(300, 'x') },
    { socket: 3, command: 2, data: Buffer.alloc(0) },
  ]
  const bytes = Buffer.concat(frames.map(frameBytes))
  for (const size of [1, 2, 3, 5, 7, 100, 1000]) {
    const reader = new FrameReader()
    const got = []
    for (let at = 0; at < bytes.length; at += size)
      got.push(...reader.add(bytes.subarray(at, at + size)))
    t.same(
      got.map(each => [each.socket, each.command, Buffer.from(each.data).toString()]),
      frames.map(each => [each.socket, each.command, each.data.toString()]),
    )
  }
})

t.test('the multiplexer opens, carries and closes real connections', async t => {
  const server = net.createServer(socket => {
    socket.on('data', bytes => {
      if (bytes.toString() === 'end') socket.end('bye')
      else socket.write(bytes)
    })
  })
  await once(server.listen(0, '127.0.0.1'), 'listening')
  t.teardown(() => server.close())
  const { port } = server.address() as net.AddressInfo
  const reader = new FrameReader()
  const got: string[] = []
  let wake: () => void = () => undefined
  const mux = new Multiplexer(bytes => {
    for (const each of reader.add(bytes)) got.push(`${each.command} ${Buffer.from(each.data)}`)
    wake()
  })
  t.teardown(() => mux.end())
  const until = async (count: number) => {
    while (got.length < count) {
      await new Promise<void>(resolve => {
        wake = resolve
      })
    }
  }
  const send = (command: number, text = '') =>
    mux.take(frameBytes({ socket: 9, command, data: Buffer.from(text) }))
  send(0, `127.0.0.1:${port}`)
  await until(1)
  send(1, 'echo')
  await until(2)
  send(1, 'end')
  await until(4)
  t.same(got, ['3 ', '1 echo', '1 bye', '2 '])
  send(0, '127.0.0.1:1')
  await until(5)
  t.equal(got[4], '2 ', 'refused')
})

/** Runs the program with the power cut there; what is in the sector. */
async function cut(cutAt: CutPoint): Promise<Uint8Array> {
  const flash = flashOfImage(program(), 'a.bin')
  flash.fill(0x55, sectorAt, sectorAt + 4096)
  const pico = await EmulatedPico.start({ flash, bootrom: tableRom(), label: 'rom', cutAt })
  t.equal(await pico.ended, 'point')
  return pico.flash(sectorAt + 4096).slice(sectorAt)
}

t.test('a power cut leaves a sector half erased and a page half written', async t => {
  const [before, halfErased, erased, halfWritten, written] = await Promise.all([
    cut({ kind: 'erase', index: 0, when: 'before' }),
    cut({ kind: 'erase', index: 0, when: 'torn' }),
    cut({ kind: 'erase', index: 0, when: 'after' }),
    cut({ kind: 'program', index: 0, when: 'torn' }),
    cut({ kind: 'program', index: 0, when: 'after' }),
  ])
  t.same([before?.[0], before?.[4095]], [0x55, 0x55])
  t.same([halfErased?.[2047], halfErased?.[2048]], [0xff, 0x55])
  t.same([erased?.[0], erased?.[4095]], [0xff, 0xff])
  t.same([halfWritten?.[127], halfWritten?.[128]], [127, 0xff])
  t.same([written?.[128], written?.[255], written?.[256]], [128, 255, 0xff])
})

t.test('what the program sends over the UART arrives as a frame', async t => {
  const flash = flashOfImage(program(), 'a.bin')
  const pico = await EmulatedPico.start({ flash, bootrom: tableRom(), label: 'rom' })
  t.teardown(() => pico.powerCut())
  t.same(await pico.firstFrame, { socket: 7, command: 1, data: Uint8Array.of(0x68, 0x69) })
  t.match(pico.points, { erases: 1, programs: 1, socketOps: 1, lines: 0 })
})

t.test('a clock that is to run as ours does keeps up with a slow processor', async t => {
  const flash = flashOfImage(program(), 'a.bin')
  const beganMs = performance.now()
  const pico = await EmulatedPico.start({ flash, bootrom: tableRom(), label: 'rom', clock: 'wall' })
  t.teardown(() => pico.powerCut())
  // Its program has come to its endless loop, of which the emulation does a third of what a board does.
  await pico.firstFrame
  await new Promise(resolve => setTimeout(resolve, 300))
  const oursMs = performance.now() - beganMs
  t.ok(pico.nanos / 1e6 > oursMs * 0.8, `${pico.nanos / 1e6} of ${oursMs} ms`)
  t.ok(pico.nanos / 1e6 < oursMs + 150, 'and runs ahead no further than its flash takes')
})
