import type { Exploration as Explored } from '../../../model/exploration.ts'
import { machineHtml } from '../machine.ts'
import type { ReportData } from './report-data.ts'
import { casesLink } from './route.ts'

const steps = ['PUBLISH', 'PUBREC', 'PUBREL', 'PUBCOMP'] as const

/** The exchange of QoS 2, and how many failures and warnings showed at each of its packets. */
export function PacketMap({ data }: { data: ReportData }) {
  const causes = data.causes.filter(({ packet }) => steps.some(step => step === packet))
  if (causes.length === 0) return null
  const at = (packet: string) => causes.filter(one => one.packet === packet)
  return (
    <section>
      <h2>Where QoS 2 broke</h2>
      <svg class="exchange" viewBox="0 0 660 230" width="660" height="230" role="img">
        <title>Causes by the packet of the QoS 2 exchange at which they showed</title>
        {[
          ['sender', 60],
          ['receiver', 400],
        ].map(([name, x]) => (
          <g key={name}>
            <text x={x} y={18} text-anchor="middle">
              {name}
            </text>
            <line class="life" x1={x} x2={x} y1={28} y2={220} />
          </g>
        ))}
        {steps.map((packet, index) => {
          const own = at(packet)
          const cases = own.reduce((sum, { cases }) => sum + cases.length, 0)
          const y = 58 + index * 46
          const [from, to] = index % 2 === 0 ? [60, 400] : [400, 60]
          const way = to > from ? 1 : -1
          const state = own.some(({ verdict }) => verdict === 'fail')
            ? 'broke'
            : own.length > 0
              ? 'warned'
              : 'taken'
          return (
            <g class={state} key={packet}>
              <path class="arrow" d={`M ${from} ${y} H ${to - way * 8}`} />
              <path class="head" d={`M ${to} ${y} l ${-way * 10} -6 v 12 z`} />
              <text x={230} y={y - 7} text-anchor="middle">
                {packet}
              </text>
              {own.length > 0 && (
                <a href={casesLink({ cause: own[0]?.name ?? '' })}>
                  <text x={420} y={y + 4}>
                    {own.length} {own.length === 1 ? 'cause' : 'causes'}, {cases}{' '}
                    {cases === 1 ? 'case' : 'cases'}
                  </text>
                </a>
              )}
            </g>
          )
        })}
      </svg>
    </section>
  )
}

/** What a search for faults reached. Its drawing is made of numbers and names of ours, escaped where it is made. */
export function Exploration({ explored }: { explored: Explored }) {
  const { schedules, stages, machines } = explored
  const said = Object.entries(stages)
    .filter(([, times]) => times > 0)
    .map(([stage, times]) => `${times} ${stage}`)
  return (
    <section>
      <h2>Reached by the search</h2>
      <p>
        {schedules} schedules: {said.join(', ')}.
      </p>
      {machines.map(machine => (
        <div
          key={machine.version}
          dangerouslySetInnerHTML={{ __html: machineHtml(machine).text }}
        />
      ))}
    </section>
  )
}
