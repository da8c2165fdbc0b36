/** The little that we use of MicroPython's WebAssembly port; the package has no types of its own. */
declare module '@micropython/micropython-webassembly-pyscript' {
  export type FsNode = {
    name: string
    rdev: number
    dirty?: boolean
    /** Null where the file is empty. */
    contents: Uint8Array | null
    usedBytes: number
  }
  export type FsStream = { node: FsNode; position: number }
  export type DeviceOps = {
    open(stream: FsStream): void
    close(stream: FsStream): void
    read(stream: FsStream, buffer: Int8Array, offset: number, length: number): number
    write(stream: FsStream, buffer: Int8Array, offset: number, length: number): number
  }
  export type FileOps = {
    write(stream: FsStream, ...rest: unknown[]): number
    close?(stream: FsStream): void
    fsync?(stream: FsStream): void
  }
  export type DirectoryOps = {
    mknod(parent: FsNode, name: string, mode: number, dev: number): FsNode
    rename(node: FsNode, newParent: FsNode, newName: string): void
    unlink(parent: FsNode, name: string): void
    rmdir(parent: FsNode, name: string): void
  }
  export type Fs = {
    ErrnoError: new (errno: number) => Error
    filesystems: {
      MEMFS: {
        ops_table: {
          file: {
            node: { setattr(node: FsNode, attributes: { size?: number }): void }
            stream: FileOps
          }
          dir: { node: DirectoryOps }
        }
      }
    }
    makedev(major: number, minor: number): number
    registerDevice(dev: number, ops: DeviceOps): void
    mkdev(path: string, mode: number, dev: number): void
    unlink(path: string): void
    rmdir(path: string): void
    readdir(path: string): string[]
    stat(path: string): { mode: number }
    open(path: unknown, ...rest: unknown[]): FsStream
    /** Open files by descriptor; 0, 1 and 2 are the console. */
    streams: (FsStream | null)[]
    mkdirTree(path: string): void
    writeFile(path: string, bytes: Uint8Array): void
    getPath(node: FsNode): string
    isDir(mode: number): boolean
    isFile(mode: number): boolean
  }
  export type MicroPython = {
    FS: Fs
    _module: {
      _malloc(bytes: number): number
      _free(pointer: number): void
      _mp_sched_keyboard_interrupt(): void
    }
    globals: { get(name: string): unknown }
    registerJsModule(name: string, module: object): void
    runPython(code: string): unknown
    replInit(): void
    replProcessChar(byte: number): number
  }
  export function loadMicroPython(options: {
    heapsize: number
    stdout(bytes: Uint8Array): void
    stderr(bytes: Uint8Array): void
    linebuffer: false
  }): Promise<MicroPython>
}

/** The part of it that Node has and `lib: es2023` does not declare. */
declare namespace WebAssembly {
  type Module = object
  type Instance = { exports: object }
  function compile(bytes: Uint8Array): Promise<Module>
  function instantiate(module: Module, imports?: object): Promise<Instance>
  const Memory: { prototype: { grow(pages: number): number } }
}
