import type { Fault } from '../../model/fault.ts'
import { count } from '../words.ts'

/** What the harness did, as the ladder says it beside the row. */
export function faultText(fault: Fault): string {
  switch (fault.kind) {
    case 'lose':
      return fault.from ? 'lost: it is not passed on' : 'lost: we act as if it had not come'
    case 'hold':
      return `${whose(fault)} is held back`
    case 'release':
      return `${whose(fault)} is released`
    case 'delay':
      return `${whose(fault)} waits ${fault.delayMs} ms`
    case 'duplicate':
      return `${fault.packet} is sent ${fault.copies} times`
    case 'reorder':
      if (fault.from) return `${fault.packets.join(', ')} of the ${fault.from} lets others pass`
      return `sent in this order: ${fault.packets.join(', ')}`
    case 'split':
      return `${fault.packet} goes out in ${count(fault.writes, 'write')}`
    case 'coalesce':
      return `${fault.packets.join(' + ')} go out in one write`
    case 'truncate':
      return `only ${fault.keepBytes} of ${fault.ofBytes} bytes of ${fault.packet} go out`
    case 'cut':
      return `cut by ${fault.how.toUpperCase()}${fault.side ? sides[fault.side] : ''}`
    case 'refuse':
      return 'the next connection is closed as it opens'
    case 'stall':
      return `we stop reading${fault.from ? sides[fault.from] : ''}`
    case 'resume':
      return `we read again${fault.from ? sides[fault.from] : ''}`
    case 'raw':
      return `${count(fault.bytes, 'byte')} sent as they are`
    case 'restart':
      return `the target is stopped by ${fault.how.toUpperCase()}`
  }
}

const sides = {
  client: ' towards the client',
  broker: ' towards the broker',
  both: ' on both sides',
}

/** An answer of ours, or a packet of somebody else at a proxy. */
function whose({ packet, from }: { packet: string; from?: 'client' | 'broker' }): string {
  return from ? `${packet} of the ${from}` : `our ${packet}`
}
