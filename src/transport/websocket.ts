import http from 'node:http'
import type net from 'node:net'
import type { Duplex } from 'node:stream'
import { WebSocket, WebSocketServer } from 'ws'
import type { Upgrade } from '../model/trace.ts'
import { FrameStream, messageBytesMax } from './frame-stream.ts'
import { tls } from './tls.ts'
import type { Endpoint, Transport } from './transport.ts'

/** Where brokers answer that say nothing of it. */
const usualPath = '/mqtt'
/** Source: 5.0 §6, 3.1.1 §6. */
const subprotocol = 'mqtt'
/** What comes is bounded by those who read it; they see a message only when it is whole. */
const options = {
  perMessageDeflate: false,
  skipUTF8Validation: true,
  maxPayload: messageBytesMax,
}

/** The packets go in binary frames of a WebSocket. */
export const ws = {
  title: 'WebSocket',
  usualPort: 8083,
  schemes: { 'ws:': 80 },
  invite: ({ path }) => ({ websocket: { path } }),
  connect: (socket, to) => upgrade(socket, to),
  accept: socket => upgraded(socket),
} satisfies Transport

/** The same, encrypted. */
export const wss = {
  title: 'WebSocket and TLS',
  usualPort: 8084,
  schemes: { 'wss:': 443 },
  secure: true,
  invite: door => ({ ...tls.invite(door), ...ws.invite(door) }),
  connect: async (socket, to) => upgrade(await tls.connect(socket, to), to),
  accept: async (socket, door) => upgraded(await tls.accept(socket, door)),
} satisfies Transport

function upgrade(socket: Duplex, { host, port, path = usualPath }: Endpoint): Promise<Duplex> {
  const name = host.includes(':') ? `[${host}]` : host
  const client = new WebSocket(`ws://${name}:${port}${path}`, [subprotocol], {
    ...options,
    createConnection: () => socket as net.Socket,
  })
  socket.resume()
  let chosen: string | undefined
  client.once('upgrade', ({ headers }) => {
    chosen = headers['sec-websocket-protocol']
    // The library would give up without it. Whether the server keeps to the rule is for the judges to say.
    headers['sec-websocket-protocol'] = subprotocol
  })
  return new Promise((resolve, reject) => {
    client.once('error', error => reject(explained(error)))
    client.once('open', () => {
      client.removeAllListeners('error')
      resolve(new FrameStream(client, socket, upgradeOf([subprotocol], chosen), true))
    })
  })
}

function upgradeOf(offered: string[], chosen: string | undefined): Upgrade {
  return { offered, ...(chosen ? { chosen } : {}) }
}

/** `Unexpected server response: 404` and the like: there is a web server, and no MQTT on that path. */
function explained(error: NodeJS.ErrnoException): NodeJS.ErrnoException {
  error.code ??= `no WebSocket: ${error.message}`
  return error
}

function upgraded(socket: Duplex): Promise<Duplex> {
  const server = http.createServer()
  const sockets = new WebSocketServer({
    noServer: true,
    ...options,
    handleProtocols: offered => (offered.has(subprotocol) ? subprotocol : false),
  })
  return new Promise((resolve, reject) => {
    socket.once('close', () => reject(new Error('closed before it became a WebSocket')))
    server.once('request', (_, response) => {
      response.writeHead(426, { connection: 'close', upgrade: 'websocket' }).end()
      reject(new Error('a plain HTTP request'))
    })
    server.once('upgrade', (request, stream, head) => {
      const offered = request.headers['sec-websocket-protocol']?.split(',') ?? []
      sockets.handleUpgrade(request, stream, head, client => {
        const names = offered.map(name => name.trim())
        resolve(new FrameStream(client, socket, upgradeOf(names, client.protocol), false))
      })
    })
    server.emit('connection', socket)
    socket.resume()
  })
}
