/*
 * Packets to bytes and back. Reading goes through mqtt-packet; writing is our own, because a conformance harness must also say
 * what no codec lets pass (packet identifier 0, QoS 3, properties where they are forbidden). A test holds the two together:
 * on legal packets our bytes are those of mqtt-packet.
 */
export { decode } from './codec/decode.ts'
export { encode, type Wrong } from './codec/encode.ts'
