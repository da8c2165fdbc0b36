/*
 * Loaded before mqttspec (`node --require`): finds the places of ours that touch files, sockets and processes, and lets one of them fail as
 * the system would. A place is a function of Node and the first line of mqttspec above it.
 *
 *   FAILING_SEEN=FILE            writes each place that was passed to the file, a line each
 *   FAILING_AT=PLACE FAILING_CODE=ENOSPC   that place fails, every time
 *
 * Within a process `during({ at, code }, act)` says so for what `act` does, and `{ seen }` gathers the places that it passes.
 */
const { AsyncLocalStorage } = require('node:async_hooks')
const fs = require('node:fs')
const net = require('node:net')
const child = require('node:child_process')
const { syncBuiltinESMExports } = require('node:module')
const { EventEmitter } = require('node:events')
const path = require('node:path')
const { getSystemErrorMap } = require('node:util')

const seenFile = process.env.FAILING_SEEN
const { FAILING_AT: at, FAILING_CODE: code = 'EIO' } = process.env
/** What fails in the whole process, and in what is done just now. */
const everywhere = { at, code, seen: new Set(), struck: 0 }
const local = new AsyncLocalStorage()
const wish = () => local.getStore() ?? everywhere
// Of this process alone: what it starts has trouble of its own.
delete process.env.FAILING_SEEN
delete process.env.FAILING_AT
delete process.env.FAILING_CODE
delete process.env.NODE_OPTIONS

const dist = `${path.sep}dist${path.sep}`
const append = fs.appendFileSync
/** A place is being written down, which passes by others that are none of mqttspec. */
let isNoting = false

/** Whether this call is to fail; the place is noted. */
function isStruck(name) {
  if (isNoting) return false
  const before = Error.stackTraceLimit
  Error.stackTraceLimit = 30
  const { stack = '' } = new Error()
  Error.stackTraceLimit = before
  const line = stack.split('\n').find(text => text.includes(dist) && !text.includes('node_modules'))
  // What is loaded is loaded whole, or not at all: `bin` tells that by itself.
  if (line === undefined || stack.includes('node:internal/modules')) return false
  const where = line.slice(line.lastIndexOf(dist) + dist.length).replace(/:\d+\)?$/, '')
  const place = `${name} at ${where}`
  const now = wish()
  if (seenFile && !now.seen.has(place)) {
    isNoting = true
    append(seenFile, `${place}\n`)
    isNoting = false
  }
  now.seen?.add(place)
  if (place !== now.at) return false
  now.struck += 1
  return true
}

function systemError(call, file) {
  const { code } = wish()
  const found = [...getSystemErrorMap()].find(([, [name]]) => name === code)
  const [errno, [, text]] = found ?? [-5, ['EIO', 'i/o error']]
  const named = typeof file === 'string' ? ` '${file}'` : ''
  const error = new Error(`${code}: ${text}, ${call}${named}`)
  return Object.assign(error, { code, errno, syscall: call, ...(named ? { path: file } : {}) })
}

function patch(holder, name, replacement) {
  const real = holder[name]
  if (typeof real === 'function') holder[name] = replacement(real)
}

const sync = [
  'openSync',
  'readFileSync',
  'writeFileSync',
  'appendFileSync',
  'mkdirSync',
  'mkdtempSync',
  'rmSync',
  'unlinkSync',
  'readdirSync',
  'statSync',
  'lstatSync',
  'realpathSync',
  'writeSync',
  'readSync',
  'renameSync',
  'ftruncateSync',
  'copyFileSync',
  'cpSync',
  'accessSync',
  'symlinkSync',
  'chmodSync',
  'readlinkSync',
  'fsyncSync',
]
for (const name of sync) {
  patch(
    fs,
    name,
    real =>
      function (...args) {
        if (isStruck(name)) throw systemError(name.replace('Sync', ''), args[0])
        return real.apply(this, args)
      },
  )
}
const promised = [
  'open',
  'readFile',
  'writeFile',
  'appendFile',
  'mkdir',
  'mkdtemp',
  'rm',
  'unlink',
  'readdir',
  'stat',
  'lstat',
  'realpath',
  'rename',
  'copyFile',
  'cp',
  'access',
  'symlink',
  'chmod',
  'readlink',
]
for (const name of promised) {
  patch(
    fs.promises,
    name,
    real =>
      function (...args) {
        return isStruck(name) ? Promise.reject(systemError(name, args[0])) : real.apply(this, args)
      },
  )
}
patch(
  fs.promises,
  'open',
  real =>
    async function (...args) {
      const handle = await real.apply(this, args)
      for (const name of [
        'read',
        'readFile',
        'write',
        'appendFile',
        'writeFile',
        'stat',
        'truncate',
      ]) {
        patch(
          handle,
          name,
          method =>
            function (...own) {
              return isStruck(`handle.${name}`)
                ? Promise.reject(systemError(name))
                : method.apply(this, own)
            },
        )
      }
      return handle
    },
)

/** The system refuses before anything is connected, or while it listens. */
patch(
  net.Socket.prototype,
  'connect',
  real =>
    function (...args) {
      if (!isStruck('connect')) return real.apply(this, args)
      process.nextTick(() => this.destroy(systemError('connect')))
      return this
    },
)
patch(
  net.Server.prototype,
  'listen',
  real =>
    function (...args) {
      if (!isStruck('listen')) return real.apply(this, args)
      process.nextTick(() => this.emit('error', systemError('listen')))
      return this
    },
)
for (const name of ['spawn', 'fork', 'execFile']) {
  patch(
    child,
    name,
    real =>
      function (...args) {
        if (!isStruck(name)) return real.apply(this, args)
        // A program that is not there fails as any other that cannot be started does.
        const [, words, options] = args
        const made = child.ChildProcess
          ? real.call(
              this,
              name === 'fork' ? args[0] : '/nowhere/program',
              Array.isArray(words) ? words : [],
              { ...options, ...(name === 'fork' ? { execPath: '/nowhere/program' } : {}) },
              typeof args.at(-1) === 'function' ? args.at(-1) : undefined,
            )
          : new EventEmitter()
        const emit = made.emit
        made.emit = function (event, error, ...more) {
          return emit.call(
            this,
            event,
            event === 'error' ? systemError(`spawn ${args[0]}`, args[0]) : error,
            ...more,
          )
        }
        return made
      },
  )
}
syncBuiltinESMExports()

/** Does something during which a place fails; tells how often it did. */
exports.during = (failure, act) => {
  const own = { struck: 0, ...failure }
  return local.run(own, act).then(value => ({ value, struck: own.struck }))
}
