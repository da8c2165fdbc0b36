import type { TSchema } from 'typebox'
import { event, fault } from './event.ts'
import { finding } from './finding.ts'
import { packet, properties } from './packet.ts'
import { reportFile } from './report-file.ts'
import { result, verdict } from './result.ts'
import { hex, level, payload, place, statement, version } from './values.ts'

/** What stands once in the file, under its name, wherever it is used. */
const named: { [name: string]: TSchema } = {
  version,
  verdict,
  level,
  statement,
  place,
  hex,
  payload,
  properties,
  packet,
  fault,
  finding,
  event,
  result,
}

type Json = string | number | boolean | null | Json[] | { [name: string]: Json }

/** What `schema/report.json` holds. */
export function reportJsonSchema(): { [name: string]: Json } {
  const names = new Map(Object.entries(named).map(([name, shape]) => [JSON.stringify(shape), name]))
  /** A shape whose parts are named by reference. */
  const inner = (value: Json): Json => {
    if (Array.isArray(value)) return value.map(referred)
    if (typeof value !== 'object' || value === null) return value
    return mapValues(value, referred)
  }
  const referred = (value: Json): Json => {
    const name = names.get(JSON.stringify(value))
    return name === undefined ? inner(value) : { $ref: `#/$defs/${name}` }
  }
  return {
    $schema: 'https://json-schema.org/draft/2020-12/schema',
    title: 'mqttspec report',
    ...mapValues(plain(reportFile), referred),
    $defs: mapValues(named, shape => inner(plain(shape))),
  }
}

/** Without what TypeBox keeps for itself. */
function plain(shape: TSchema): { [name: string]: Json } {
  return JSON.parse(JSON.stringify(shape))
}

function mapValues<T, U>(all: { [name: string]: T }, map: (value: T) => U): { [name: string]: U } {
  return Object.fromEntries(Object.entries(all).map(([name, value]) => [name, map(value)]))
}
