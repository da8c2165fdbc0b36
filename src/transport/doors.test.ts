import { readdirSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import t from 'tap'

const root = fileURLToPath(new URL('..', import.meta.url))

/** Sockets that carry no MQTT of ours. */
const others: { [file: string]: string } = {
  'cli/output-file.ts': 'a pipe of the file system, written without waiting for its reader',
  'observe/relay.ts': 'bytes of others, passed on as they came: no transport of ours is spoken',
  'targets/process/free-port.ts': 'looks for a port that a broker can have',
  'targets/client/reach-lines.ts': 'JSON lines of an adapter that runs elsewhere',
  'targets/micropython/net-host.ts': 'the network of a simulated board',
  'targets/micropython/emulated/multiplexer.ts': 'the network of an emulated board',
}

const sources = readdirSync(root, { recursive: true, withFileTypes: true })
  .filter(entry => entry.isFile() && entry.name.endsWith('.ts') && !entry.name.endsWith('.test.ts'))
  .map(entry => path.relative(root, path.join(entry.parentPath, entry.name)))
  .filter(file => !file.startsWith(`transport${path.sep}`))

t.test('MQTT goes in and out by transport alone: nothing else knows sockets', async t => {
  const opened = sources.filter(file =>
    /from '(node:(net|tls|http|https)|ws)'/.test(readFileSync(root + file, 'utf8')),
  )
  t.same(opened.sort(), Object.keys(others).sort())
  t.ok(sources.length > 150, `${sources.length} files looked at`)
})

t.test('nobody else asks what kind of stream a connection is', async t => {
  for (const file of sources) {
    t.notMatch(readFileSync(root + file, 'utf8'), /instanceof (net\.|tls\.)?(TLS)?Socket/, file)
  }
})
