/**
 * The Client Identifier of CONNECT packets that are written as bytes. Each case has one of its own in its place, of the same length: two cases
 * with one identifier would take each other's connections over, and be ended for that.
 */
export const clientIdInBytes = 'msnonce'
