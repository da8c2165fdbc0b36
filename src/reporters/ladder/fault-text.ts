import type { Fault } from '../../model/fault.ts'
import { count } from '../words.ts'

/** What the harness did, as the ladder says it beside the row. */
export function faultText(fault: Fault): string {
  switch (fault.kind) {
    case 'lose':
      return `lost: we act as if it had not come`
    case 'hold':
      return `our ${fault.packet} is held back`
    case 'release':
      return `our ${fault.packet} is released`
    case 'delay':
      return `our ${fault.packet} waits ${fault.delayMs} ms`
    case 'duplicate':
      return `${fault.packet} is sent ${fault.copies} times`
    case 'reorder':
      return `sent in this order: ${fault.packets.join(', ')}`
    case 'split':
      return `${fault.packet} goes out in ${count(fault.writes, 'write')}`
    case 'coalesce':
      return `${fault.packets.join(' + ')} go out in one write`
    case 'truncate':
      return `only ${fault.keepBytes} of ${fault.ofBytes} bytes of ${fault.packet} go out`
    case 'cut':
      return `cut by ${fault.how.toUpperCase()}`
    case 'refuse':
      return 'the next connection is closed as it opens'
    case 'stall':
      return 'we stop reading'
    case 'resume':
      return 'we read again'
    case 'raw':
      return `${count(fault.bytes, 'byte')} sent as they are`
    case 'restart':
      return `the target is stopped by ${fault.how.toUpperCase()}`
  }
}
