import type { Attack } from '../attack.ts'
import { adapters } from './adapters.ts'
import { brokers } from './brokers.ts'
import { failing } from './failing.ts'
import { files } from './files.ts'
import { interrupts } from './interrupts.ts'
import { listeners } from './listeners.ts'
import { machines } from './machines.ts'
import { moments } from './moments.ts'
import { secrets } from './secrets.ts'

export const attacks: readonly Attack[] = [
  ...brokers,
  ...listeners,
  ...adapters,
  ...machines,
  ...files,
  ...secrets,
  ...interrupts,
  ...moments,
  ...failing,
]
