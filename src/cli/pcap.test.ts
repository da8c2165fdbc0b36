import { spawnSync } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import os from 'node:os'
import path from 'node:path'
import t from 'tap'
import { audit } from '../run/audit.ts'
import { processIo } from './io.ts'
import { main } from './main.ts'

const silent = {
  write: (_text: string, done?: () => void) => done?.(),
  on: () => undefined,
}
const io = { ...processIo, stdout: silent, stderr: silent }

t.test('--pcap writes all packets of a run, as Wireshark reads them', async t => {
  const dir = await mkdtemp(path.join(os.tmpdir(), 'mqttspec-pcap-'))
  t.teardown(() => rm(dir, { recursive: true, force: true }))
  const file = path.join(dir, 'run.pcapng')
  const code = await main(
    ['run', 'qos2/broker-receives/undisturbed', '--pcap', file, '--target', 'aedes'],
    io,
  )
  t.equal(code, 0)
  const report = await audit({ file })
  t.same(report.target.versions, ['3.1', '3.1.1'])
  t.equal(report.exitCode, 0, 'the file is judged as the run was')
  if (spawnSync('tshark', ['--version']).error) {
    t.comment('tshark is not installed: Wireshark was not asked')
    return
  }
  const args = [
    '-r',
    file,
    '-Y',
    'mqtt',
    '-T',
    'fields',
    '-e',
    '_ws.col.Protocol',
    '-e',
    '_ws.col.Info',
  ]
  const { stdout } = spawnSync('tshark', [...args, '-o', 'tcp.check_checksum:TRUE'], {
    encoding: 'utf8',
  })
  const lines = stdout.trim().split('\n')
  for (const what of [
    'Connect Command',
    'Publish Message',
    'Publish Received',
    'Publish Complete',
  ]) {
    t.ok(
      lines.some(line => line.includes(what)),
      what,
    )
  }
  const { stdout: wrong } = spawnSync(
    'tshark',
    [
      '-r',
      file,
      '-o',
      'tcp.check_checksum:TRUE',
      '-Y',
      '_ws.malformed or tcp.checksum.status==0 or tcp.analysis.lost_segment or tcp.analysis.retransmission',
    ],
    { encoding: 'utf8' },
  )
  t.equal(wrong, '', 'no frame is malformed, lost, or has a wrong checksum')
})
