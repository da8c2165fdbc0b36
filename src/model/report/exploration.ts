import { Type } from 'typebox'
import { count, text, version } from './values.ts'

export const edgeSeen = Type.Object({
  role: Type.Enum(['sender', 'receiver']),
  qos: count,
  from: text,
  event: text,
  to: text,
  times: Type.Integer({ minimum: 0, description: 'Schedules in which it was taken.' }),
  broke: Type.Integer({ minimum: 0, description: 'Defects whose exchange stood here.' }),
  why: Type.Optional(Type.String({ description: 'Why it was never taken.' })),
})

export const machine = Type.Object({ version, edges: Type.Array(edgeSeen) })

export const exploration = Type.Object(
  {
    schedules: Type.Integer({ minimum: 0, description: 'Schedules that were run and judged.' }),
    stages: Type.Record(Type.String(), count, {
      description: 'Of these by stage: `singles`, `pairs`, …',
    }),
    points: Type.Integer({
      minimum: 0,
      description: 'Places in the passing runs at which something can go wrong.',
    }),
    lost: Type.Integer({
      minimum: 0,
      description: 'Schedules in which nothing could be judged.',
    }),
    scenarios: Type.Array(Type.Object({ id: text, fails: Type.Boolean(), text }), {
      description:
        'Scenarios of the defects: `mqttspec run FILE` fails each in the same way where `fails` says so.',
    }),
    machines: Type.Array(machine),
  },
  {
    description:
      'What `mqttspec explore` tried, and which edges of the state machines the target was seen to take.',
  },
)
