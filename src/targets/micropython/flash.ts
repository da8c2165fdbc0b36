/** Every file of the flash by its path from the root, without a leading slash: `lib/umqtt2/client.py`. */
export type FlashImage = ReadonlyMap<string, Uint8Array>

/** One change that littlefs makes at once and for good. A power cut comes before or after it, never in it. */
export type Commit =
  | { kind: 'write'; path: string; bytes: Uint8Array }
  | { kind: 'remove'; path: string }
  | { kind: 'rename'; from: string; to: string }
  | { kind: 'make-directory'; path: string }
  | { kind: 'remove-directory'; path: string }

export type FlashWear = {
  /** Blocks of 4 KB erased. */
  erases: number
  commits: number
  /** Bytes of files written, overhead not counted. */
  bytes: number
}

const blockBytes = 4096
/** MicroPython formats a Pico with this program size: each commit is padded to it. */
const programBytes = 256
/** Files up to this size live in their directory's metadata. */
const inlineBytes = 512
/** Tags and checksum of one commit. */
const commitOverheadBytes = 32
/** Tags and name of one file in a directory's live content. */
const fileOverheadBytes = 14
/** The same of a directory itself; the root holds the superblock and the entries of folders too. */
const directoryOverheadBytes = 28
const rootOverheadBytes = 110
/** A Pico W's file system: 848 KB. */
export const picoFlashBytes = 212 * blockBytes

/**
 * The board's flash as littlefs keeps it: what was committed survives a power cut, nothing else does.
 *
 * The wear is modelled, not measured: each directory is a log in one 4 KB block. A commit appends its inline data and some
 * overhead, padded to 256 B; when the block is full, the directory's live content is written to its twin, which is erased first.
 * Data above 512 B goes to blocks of their own, each erased before. The overheads are set so that rewriting one file of 100, 400 and
 * 600 B costs what littlefs was measured to cost (0.063, 0.14 and 1.07 erases). Not modelled: the move of a worn pair to other
 * blocks every 100 erases (about 3 % more), and a directory that outgrows half a block being split.
 */
export class Flash {
  private readonly files = new Map<string, Uint8Array>()
  private readonly logs = new Map<string, number>()
  private readonly directories = new Set<string>()
  private readonly capacityBytes: number
  private readonly worn: FlashWear = { erases: 0, commits: 0, bytes: 0 }

  constructor(image: FlashImage = new Map(), capacityBytes = picoFlashBytes) {
    this.capacityBytes = capacityBytes
    for (const [path, bytes] of image) this.put(path, bytes)
  }

  get wear(): FlashWear {
    return { ...this.worn }
  }

  /** A copy that later commits leave alone. */
  image(): Map<string, Uint8Array> {
    return new Map(this.files)
  }

  /** Directories, empty ones included. */
  folders(): string[] {
    return [...this.directories]
  }

  commit(commit: Commit): void {
    this.worn.commits += 1
    switch (commit.kind) {
      case 'write':
        this.put(commit.path, commit.bytes)
        this.worn.bytes += commit.bytes.length
        this.worn.erases += blocksOf(commit.bytes.length)
        this.append(directoryOf(commit.path), inlineOf(commit.bytes.length))
        return
      case 'remove':
        this.files.delete(commit.path)
        this.append(directoryOf(commit.path), 0)
        return
      case 'rename':
        this.move(commit.from, commit.to)
        this.append(directoryOf(commit.to), 0)
        return
      case 'make-directory':
        this.directories.add(commit.path)
        this.worn.erases += 2
        this.append(directoryOf(commit.path), 0)
        return
      case 'remove-directory':
        this.directories.delete(commit.path)
        this.logs.delete(commit.path)
        this.append(directoryOf(commit.path), 0)
        return
    }
    commit satisfies never
  }

  /** Whether `path` could be rewritten with so many bytes: littlefs keeps the old content until the new one is whole. */
  fits(path: string, bytes: number): boolean {
    const known = this.files.has(path) || bytes <= inlineBytes
    const needed = blocksOf(bytes) + (known ? 0 : 1)
    return needed === 0 || this.usedBlocks() + needed <= this.capacityBytes / blockBytes
  }

  /** Blocks that another directory takes. */
  fitsDirectory(): boolean {
    return this.usedBlocks() + 2 <= this.capacityBytes / blockBytes
  }

  private usedBlocks(): number {
    let blocks = 2 * (1 + this.directories.size)
    for (const bytes of this.files.values()) blocks += blocksOf(bytes.length)
    return blocks
  }

  private put(path: string, bytes: Uint8Array): void {
    this.files.set(path, bytes)
    for (let at = path.indexOf('/'); at > 0; at = path.indexOf('/', at + 1))
      this.directories.add(path.slice(0, at))
  }

  private move(from: string, to: string): void {
    for (const [path, bytes] of [...this.files]) {
      if (path !== from && !path.startsWith(`${from}/`)) continue
      this.files.delete(path)
      this.put(to + path.slice(from.length), bytes)
    }
    if (this.directories.delete(from)) this.directories.add(to)
  }

  private append(directory: string, inline: number): void {
    const commitBytes = padded(inline + commitOverheadBytes)
    const filled = (this.logs.get(directory) ?? padded(this.liveBytes(directory))) + commitBytes
    if (filled <= blockBytes) {
      this.logs.set(directory, filled)
      return
    }
    this.worn.erases += 1
    this.logs.set(directory, padded(this.liveBytes(directory)))
  }

  private liveBytes(directory: string): number {
    let live = directory === '' ? rootOverheadBytes : directoryOverheadBytes
    for (const [path, bytes] of this.files)
      if (directoryOf(path) === directory) live += inlineOf(bytes.length) + fileOverheadBytes
    return live
  }
}

function directoryOf(path: string): string {
  return path.slice(0, Math.max(0, path.lastIndexOf('/')))
}

function inlineOf(bytes: number): number {
  return bytes <= inlineBytes ? bytes : 8
}

function blocksOf(bytes: number): number {
  return bytes <= inlineBytes ? 0 : Math.ceil(bytes / blockBytes)
}

function padded(bytes: number): number {
  return Math.ceil(bytes / programBytes) * programBytes
}
