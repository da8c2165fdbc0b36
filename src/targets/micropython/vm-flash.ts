import type {
  DirectoryOps,
  FsNode,
  FsStream,
  MicroPython,
} from '@micropython/micropython-webassembly-pyscript'
import { type Commit, Flash } from './flash.ts'
import type { BootOrder, FromVm } from './messages.ts'
import type { VmPower } from './vm-power.ts'
import { errno } from './vm-sockets.ts'

const root = '/flash'

/**
 * The flash inside MicroPython's memory file system. It reports each change that littlefs would make durable: a file's content at
 * flush() and close() only, names at once. Creating a file is a commit of its own, as in littlefs.
 */
export class VmFlash {
  private readonly vm: MicroPython
  private readonly power: VmPower
  private readonly post: (message: FromVm) => void
  private flash = new Flash()
  private loading = false
  /** Files opened since the last `load` that are no Python modules. */
  readonly opened = new Set<string>()

  constructor(vm: MicroPython, power: VmPower, post: (message: FromVm) => void) {
    this.vm = vm
    this.power = power
    this.post = post
    this.vm.FS.mkdirTree(root)
    this.hookFiles()
    this.hookDirectories(vm.FS.filesystems.MEMFS.ops_table.dir.node)
  }

  /** Makes the content what the order says. */
  load(order: BootOrder): void {
    this.loading = true
    this.clear(root)
    for (const folder of order.folders) this.vm.FS.mkdirTree(`${root}/${folder}`)
    writeFiles(this.vm, root, order.flash)
    this.loading = false
    this.flash = new Flash(new Map(order.flash), order.flashBytes)
    this.opened.clear()
  }

  private clear(folder: string): void {
    const { FS } = this.vm
    for (const name of FS.readdir(folder)) {
      if (name === '.' || name === '..') continue
      const path = `${folder}/${name}`
      if (!FS.isDir(FS.stat(path).mode)) FS.unlink(path)
      else {
        this.clear(path)
        FS.rmdir(path)
      }
    }
  }

  private pathOf(node: FsNode): string | undefined {
    if (this.loading) return undefined
    const path = this.vm.FS.getPath(node)
    if (path === root) return ''
    return path.startsWith(`${root}/`) ? path.slice(root.length + 1) : undefined
  }

  private childOf(parent: FsNode, name: string): string | undefined {
    const path = this.pathOf(parent)
    if (path === undefined) return undefined
    return path ? `${path}/${name}` : name
  }

  private commit<T>(change: Commit | undefined, run: () => T): T {
    if (!change) return run()
    const record = (made: Commit) => {
      this.flash.commit(made)
      this.post({ kind: 'commit', commit: made })
    }
    const tear = () => {
      if (change.kind !== 'write' || change.bytes.length === 0) return
      record({ ...change, bytes: change.bytes.slice(0, Math.ceil(change.bytes.length / 2)) })
    }
    return this.power.operation(
      'commit',
      () => {
        const result = run()
        record(change)
        return result
      },
      tear,
    )
  }

  private commitContent(node: FsNode): void {
    const path = node.dirty ? this.pathOf(node) : undefined
    if (path === undefined) return
    node.dirty = false
    const bytes = node.contents?.slice(0, node.usedBytes) ?? new Uint8Array(0)
    this.commit({ kind: 'write', path, bytes }, () => undefined)
  }

  private hookFiles(): void {
    const { FS } = this.vm
    const { stream, node } = FS.filesystems.MEMFS.ops_table.file
    const { write } = stream
    stream.write = (file, ...rest) => {
      const path = this.pathOf(file.node)
      if (path === undefined) return write(file, ...rest)
      const bytes = Math.max(file.node.usedBytes, file.position + Number(rest[2]))
      if (!this.flash.fits(path, bytes)) throw new FS.ErrnoError(errno.noSpace)
      file.node.dirty = true
      return write(file, ...rest)
    }
    const commit = (file: FsStream) => this.commitContent(file.node)
    Object.assign(stream, { close: commit, fsync: commit })
    const { setattr } = node
    node.setattr = (target, attributes) => {
      const { size } = attributes
      if (size !== undefined && size !== target.usedBytes) target.dirty = true
      setattr(target, attributes)
    }
    const { open } = FS
    FS.open = (path, ...rest) => {
      if (typeof path === 'string' && path.startsWith(root) && !path.endsWith('.py'))
        this.opened.add(path)
      return open(path, ...rest)
    }
  }

  private hookDirectories(ops: DirectoryOps): void {
    const { FS } = this.vm
    const { mknod, unlink, rename, rmdir } = ops
    ops.mknod = (parent, name, mode, dev) => {
      const path = this.childOf(parent, name)
      if (path === undefined) return mknod(parent, name, mode, dev)
      if (FS.isDir(mode) && !this.flash.fitsDirectory()) throw new FS.ErrnoError(errno.noSpace)
      const change: Commit = FS.isDir(mode)
        ? { kind: 'make-directory', path }
        : { kind: 'write', path, bytes: new Uint8Array(0) }
      return this.commit(change, () => mknod(parent, name, mode, dev))
    }
    ops.unlink = (parent, name) => {
      const path = this.childOf(parent, name)
      this.commit(path ? { kind: 'remove', path } : undefined, () => unlink(parent, name))
    }
    ops.rmdir = (parent, name) => {
      const path = this.childOf(parent, name)
      this.commit(path ? { kind: 'remove-directory', path } : undefined, () => rmdir(parent, name))
    }
    ops.rename = (node, newParent, newName) => {
      const from = this.pathOf(node)
      const to = this.childOf(newParent, newName)
      const change: Commit | undefined = from && to ? { kind: 'rename', from, to } : undefined
      this.commit(change, () => rename(node, newParent, newName))
    }
  }
}

/** Puts files under a folder of MicroPython's file system. */
export function writeFiles({ FS }: MicroPython, under: string, files: BootOrder['flash']): void {
  FS.mkdirTree(under)
  for (const [path, bytes] of files) {
    const slash = path.lastIndexOf('/')
    if (slash > 0) FS.mkdirTree(`${under}/${path.slice(0, slash)}`)
    FS.writeFile(`${under}/${path}`, bytes)
  }
}
