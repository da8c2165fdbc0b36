import type { Case } from '../../scenario/ast.ts'
import { type Reach, transportsOf } from '../../targets/reach.ts'
import type { Target } from '../../targets/target.ts'
import type { TransportName } from '../../transport/index.ts'
import type { RunOptions } from '../options.ts'

/*
 * A case has one id for good. Over another transport than the target's own it has a second one, `…:over=ws`, so that one report can hold
 * both; asked for by that id it runs over that transport again.
 */
const over = /:over=(\w+)$/

/** What is asked for, and over which transports, where an id names one itself. */
export function askedTransports({ suites = [], reach = {} }: RunOptions): {
  asked: string[]
  reach: Reach
} {
  const named = suites.flatMap(word => over.exec(word)?.[1] ?? [])
  const asked = suites.map(word => word.replace(over, ''))
  if (reach.transports || named.length === 0) return { asked, reach }
  return { asked, reach: { ...reach, transports: transportsOf([...new Set(named)].join()) } }
}

/** Each case once for every transport that was asked for. */
export function overTransports(cases: Case[], target: Target, { transports }: Reach): Case[] {
  const own: TransportName = (target.role === 'broker' && target.transports[0]) || 'tcp'
  return (transports ?? [own]).flatMap(name =>
    cases.map(kase =>
      name === own
        ? withTransport(kase, name)
        : { ...kase, id: `${kase.id}:over=${name}`, transport: name },
    ),
  )
}

/** Plain TCP is so common that nothing is said of it. */
function withTransport(kase: Case, name: TransportName): Case {
  return name === 'tcp' ? kase : { ...kase, transport: name }
}
