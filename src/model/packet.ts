/**
 * MQTT packets as mqttspec's own data, whatever codec made them. Field names are the standard's nouns.
 * Values may be wrong on purpose (id 0, QoS 3): a packet here is what was or will be on the wire, not what is legal.
 */
import type { StaticDecode } from 'typebox'
import type * as shapes from './report/packet.ts'

export { type PacketType, packetTypes } from './packet-type.ts'

export type Properties = StaticDecode<typeof shapes.properties>
export type PropertyValue = StaticDecode<typeof shapes.propertyValue>
export type Will = StaticDecode<typeof shapes.will>
export type Subscription = StaticDecode<typeof shapes.subscription>

export type Connect = StaticDecode<typeof shapes.connect>
export type Connack = StaticDecode<typeof shapes.connack>
export type Publish = StaticDecode<typeof shapes.publish>
export type Ack = StaticDecode<typeof shapes.ack>
export type Subscribe = StaticDecode<typeof shapes.subscribe>
export type Suback = StaticDecode<typeof shapes.suback>
export type Unsubscribe = StaticDecode<typeof shapes.unsubscribe>
export type Unsuback = StaticDecode<typeof shapes.unsuback>
export type Disconnect = StaticDecode<typeof shapes.disconnect>
export type Auth = StaticDecode<typeof shapes.auth>

export type Packet = StaticDecode<typeof shapes.packet>
