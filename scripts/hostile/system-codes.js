/** What the system may say where files are touched, whatever is done to them. */
const files = [
  'ENOSPC',
  'EROFS',
  'EACCES',
  'EMFILE',
  'ENOENT',
  'EISDIR',
  'ENOTDIR',
  'ELOOP',
  'EPERM',
  'ENFILE',
  'EIO',
  'EEXIST',
  'EBUSY',
  'EINVAL',
  'ENOMEM',
  'EDQUOT',
  'ENAMETOOLONG',
]

const sockets = [
  'EMFILE',
  'ENFILE',
  'EACCES',
  'EPERM',
  'EADDRINUSE',
  'EADDRNOTAVAIL',
  'ECONNREFUSED',
  'ECONNRESET',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'ETIMEDOUT',
  'ENOBUFS',
  'ENOENT',
]

const processes = [
  'ENOENT',
  'EACCES',
  'EPERM',
  'EMFILE',
  'ENFILE',
  'EAGAIN',
  'ENOMEM',
  'ENOTDIR',
  'ELOOP',
  'EISDIR',
  'EIO',
  'ETXTBSY',
]

/** What may be said at a place: `connect at cli/main.js:7`. */
export function codesFor(place) {
  const [call] = place.split(' ')
  if (call === 'connect' || call === 'listen') return sockets
  return call === 'spawn' || call === 'fork' || call === 'execFile' ? processes : files
}
