import type { Frame } from './frame.ts'

/** One TCP segment. */
export type Segment = {
  atMs: number
  /** `192.0.2.1:1883`, `[2001:db8::1]:1883` */
  from: string
  to: string
  /** Number of the first byte, modulo 2^32. */
  sequence: number
  /** The next byte that the sender of this waits for; undefined where the segment does not say. */
  acknowledges: number | undefined
  syn: boolean
  fin: boolean
  rst: boolean
  payload: Uint8Array
  /** Bytes at its end that were on the wire and not kept. */
  cutBytes: number
}

/** What a frame is. `other`: no TCP. */
export type FrameContent =
  | { kind: 'segment'; segment: Segment }
  | { kind: 'other' }
  | { kind: 'fragment' }
  | { kind: 'unknown link' }

const other: FrameContent = { kind: 'other' }

/** Takes the headers of link, IP and TCP off a frame. Whatever is in it, nothing is read beyond its end. */
export function segmentOf({ bytes, link, atMs, wireBytes }: Frame): FrameContent {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length)
  const start = networkStart(view, link)
  if (start === undefined) return { kind: 'unknown link' }
  if (start < 0 || start + 20 > bytes.length) return other
  const version = view.getUint8(start) >> 4
  const lost = Math.max(0, wireBytes - bytes.length)
  if (version === 4) return fromIpv4(view, start, atMs, lost)
  return version === 6 ? fromIpv6(view, start, atMs, lost) : other
}

const ethernet = 1
const rawIp = [12, 14, 101, 228, 229]
const loopback = [0, 108]
const linuxCooked = 113
const linuxCooked2 = 276
const ipv4Type = 0x0800
const ipv6Type = 0x86dd
/** VLAN tags, one in another. */
const tagTypes = [0x8100, 0x88a8, 0x9100]

/** Where IP begins; negative where something else is carried, undefined for a link that is not known. */
function networkStart(view: DataView, link: number): number | undefined {
  if (rawIp.includes(link)) return 0
  if (loopback.includes(link)) return 4
  if (link === linuxCooked) return startAfter(view, 14)
  if (link === linuxCooked2) return view.byteLength >= 20 && isIp(view.getUint16(0)) ? 20 : -1
  return link === ethernet ? startAfter(view, 12) : undefined
}

function startAfter(view: DataView, typeAt: number): number {
  let at = typeAt
  for (;;) {
    if (at + 2 > view.byteLength) return -1
    const type = view.getUint16(at)
    if (isIp(type)) return at + 2
    if (!tagTypes.includes(type)) return -1
    at += 4
  }
}

function isIp(type: number): boolean {
  return type === ipv4Type || type === ipv6Type
}

const tcp = 6

function fromIpv4(view: DataView, start: number, atMs: number, lost: number): FrameContent {
  const headerBytes = (view.getUint8(start) & 0x0f) * 4
  if (headerBytes < 20 || view.getUint8(start + 9) !== tcp) return other
  const fragment = view.getUint16(start + 6)
  if ((fragment & 0x3fff) !== 0) return { kind: 'fragment' }
  const address = (at: number) => [0, 1, 2, 3].map(index => view.getUint8(at + index)).join('.')
  // Of what the card is left to cut into segments the length is 0.
  const told = view.getUint16(start + 2)
  const size = told === 0 ? view.byteLength - start + lost : told
  return fromTcp(view, start + headerBytes, size - headerBytes, atMs, {
    from: address(start + 12),
    to: address(start + 16),
  })
}

/** Extension headers that may stand before TCP. */
const extensions = [0, 43, 60]
const fragmentHeader = 44

function fromIpv6(view: DataView, start: number, atMs: number, lost: number): FrameContent {
  if (start + 40 > view.byteLength) return other
  const told = view.getUint16(start + 4)
  const end = start + 40 + (told === 0 ? view.byteLength - start - 40 + lost : told)
  let next = view.getUint8(start + 6)
  let at = start + 40
  while (extensions.includes(next) && at + 8 <= view.byteLength) {
    next = view.getUint8(at)
    at += (view.getUint8(at + 1) + 1) * 8
  }
  if (next === fragmentHeader) return { kind: 'fragment' }
  if (next !== tcp) return other
  return fromTcp(view, at, end - at, atMs, {
    from: `[${ipv6Text(view, start + 8)}]`,
    to: `[${ipv6Text(view, start + 24)}]`,
  })
}

function ipv6Text(view: DataView, at: number): string {
  const groups = [0, 1, 2, 3, 4, 5, 6, 7].map(index => view.getUint16(at + index * 2).toString(16))
  const zeros = /(^|:)0(:0)+(:|$)/.exec(groups.join(':'))
  return zeros ? groups.join(':').replace(zeros[0], '::') : groups.join(':')
}

/** @param sizeBytes Of header and payload on the wire. */
function fromTcp(
  view: DataView,
  at: number,
  sizeBytes: number,
  atMs: number,
  { from, to }: { from: string; to: string },
): FrameContent {
  if (at + 20 > view.byteLength) return other
  const headerBytes = (view.getUint8(at + 12) >> 4) * 4
  if (headerBytes < 20 || headerBytes > sizeBytes) return other
  const flags = view.getUint8(at + 13)
  const begin = Math.min(at + headerBytes, view.byteLength)
  // Frames of less than 60 bytes are filled up: what is behind the packet is none of it.
  const end = Math.min(at + sizeBytes, view.byteLength)
  return {
    kind: 'segment',
    segment: {
      atMs,
      from: `${from}:${view.getUint16(at)}`,
      to: `${to}:${view.getUint16(at + 2)}`,
      sequence: view.getUint32(at + 4),
      acknowledges: (flags & 0x10) === 0 ? undefined : view.getUint32(at + 8),
      syn: (flags & 0x02) !== 0,
      fin: (flags & 0x01) !== 0,
      rst: (flags & 0x04) !== 0,
      payload: new Uint8Array(view.buffer, view.byteOffset + begin, Math.max(0, end - begin)),
      cutBytes: Math.max(0, sizeBytes - headerBytes - Math.max(0, end - begin)),
    },
  }
}
