import { packetOctets } from './build.ts'
import { octets } from './octets.ts'
import { type Breach, type ByVersion, formatVersions, type Sender } from './packet-format.ts'
import { packetFormats } from './packet-formats.ts'

/** Packets that only the other side sends, and types that nobody does. Source: 3.1.1 §2.2.1, 5.0 §2.1.2. */
export function wrongSender(from: Sender): Breach[] {
  const foreign = packetFormats
    .filter(format => !format.from.includes(from) && format.packet !== 'CONNECT')
    .map(
      (format): Breach => ({
        id: `from-a-${from}`,
        packet: format.packet,
        from,
        with: `from a ${from}`,
        bytes: Object.fromEntries(
          formatVersions.map(version => [version, packetOctets(format, version)]),
        ),
        breaks: direction,
      }),
    )
  return [...foreign, ...(from === 'server' ? fromServer : []), ...reserved(from)]
}

const direction: ByVersion<string[]> = { '3.1.1': ['§2.2.1'], '5.0': ['§2.1.2'] }

/** What a server never sends: CONNECT, the shortest there is; and DISCONNECT before 5.0. */
const fromServer: Breach[] = [
  {
    id: 'from-a-server',
    packet: 'CONNECT',
    from: 'server',
    with: 'from a server',
    bytes: {
      '3.1.1': octets(0x10, 13, 0, 4, 0x4d, 0x51, 0x54, 0x54, 4, 2, 0, 60, 0, 1, 0x63),
      '5.0': octets(0x10, 14, 0, 4, 0x4d, 0x51, 0x54, 0x54, 5, 2, 0, 60, 0, 0, 1, 0x63),
    },
    breaks: direction,
  },
  {
    id: 'from-a-server',
    packet: 'DISCONNECT',
    from: 'server',
    with: 'from a server',
    bytes: { '3.1.1': octets(0xe0, 0) },
    breaks: direction,
  },
]

function reserved(from: Sender): Breach[] {
  return [
    {
      id: 'type-0',
      packet: 'PINGREQ',
      subject: 'packet',
      from,
      with: 'of type 0',
      bytes: { '3.1.1': octets(0, 0), '5.0': octets(0, 0) },
      breaks: direction,
      bugs: ['C05'],
    },
    {
      id: 'type-15',
      packet: 'PINGREQ',
      subject: 'packet',
      from,
      with: 'of type 15',
      bytes: { '3.1.1': octets(0xf0, 0) },
      breaks: direction,
    },
  ]
}
