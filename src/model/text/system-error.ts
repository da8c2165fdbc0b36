/*
 * What the operating system refuses is nobody's bug: a disk is full, a right is missing, a name leads nowhere. It is told in one sentence
 * with what to do about it.
 */

/** An error of the operating system, as Node hands it on. */
export type SystemError = Error & { code: string; syscall?: string; path?: string }

/** By code: what it means, and what helps. */
const advice: { readonly [code: string]: string } = {
  EACCES: 'there is no permission; change its owner or mode, or name another place',
  EPERM: 'the system does not permit it; change its owner or mode, or name another place',
  EROFS: 'the file system is read-only; name another place',
  ENOSPC: 'the disk is full; make room or name another place',
  EDQUOT: 'the quota of the disk is used up; make room or name another place',
  EFBIG: 'the file would be larger than the system allows (ulimit -f)',
  EIO: 'the device failed; look at the disk or cable',
  EMFILE: 'too many files and connections are open; raise the limit (ulimit -n) or lower --jobs',
  ENFILE: 'too many files are open on this machine; close some or lower --jobs',
  ENOMEM: 'there is no memory left; close something or lower --jobs',
  EAGAIN: 'no further process can be started (ulimit -u); close some or lower --jobs',
  ENOENT: 'it does not exist; check the name',
  EISDIR: 'it is a folder, where a file is due',
  ENOTDIR: 'a part of its name is no folder; check the name',
  ELOOP: 'its links lead in a circle; check where they point',
  ENAMETOOLONG: 'the name is too long',
  EBUSY: 'somebody else uses it; try again when they are done',
  ETXTBSY: 'somebody is writing the program; try again when they are done',
  ENOTEMPTY: 'the folder is not empty',
  EEXIST: 'it exists already',
  EXDEV: 'the two places are on different disks',
  EINVAL: 'the system does not take it; check the name',
  ENXIO: 'there is no such device',
  ENODEV: 'there is no such device',
  EADDRINUSE: 'somebody else uses the port; stop them or choose another',
  EADDRNOTAVAIL: 'this machine has no such address, or no port is free',
  ENOBUFS: 'the system has no room for more connections; close some or lower --jobs',
  EPIPE: 'whoever read it has gone',
}

/** Whether it is the operating system that says no. */
export function isSystemError(error: unknown): error is SystemError {
  if (!(error instanceof Error)) return false
  const { code, syscall } = error as Partial<SystemError>
  return typeof code === 'string' && /^E[A-Z0-9]+$/.test(code) && typeof syscall === 'string'
}

/** `ENOSPC: the disk is full; make room or name another place`; what it says itself where it is no error of the system. */
export function adviceFor(error: unknown): string {
  const { code, message } = (error ?? {}) as { code?: unknown; message?: unknown }
  if (typeof code === 'string' && Object.hasOwn(advice, code)) return `${code}: ${advice[code]}`
  return typeof message === 'string' ? message : String(error)
}

/** `cannot open suites/a.yaml: EACCES: …`. */
export function systemErrorText(error: SystemError): string {
  const what = [error.syscall, error.path].filter(Boolean).join(' ')
  return `the system refused ${what === '' ? 'something' : what}: ${adviceFor(error)}`
}
