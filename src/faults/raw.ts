import type { FaultKindOf } from './fault.ts'
import { count } from './words.ts'

export type Raw = { kind: 'raw'; bytes: number }

export const raw = {
  kind: 'raw',
  title: 'Arbitrary bytes are sent',
  facts: { bytes: 'whole' },
  text: ({ bytes }) => `${count(bytes, 'byte')} sent as they are`,
  toldAt: 'the bytes beside it',
} as const satisfies FaultKindOf<Raw>
