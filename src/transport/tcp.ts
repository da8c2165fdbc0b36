import type { Transport } from './transport.ts'

/** The packets stand on the socket as they are. */
export const tcp: Transport = { schemes: { 'mqtt:': 1883, 'tcp:': 1883 } }
