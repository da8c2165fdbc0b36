import t from 'tap'
import type { PacketType } from '../../model/packet.ts'
import { addOwed, createOwedAnswers, takeOwed } from './answers.ts'
import type { OwedAnswer } from './state.ts'

function waiting(packet: PacketType, ...ids: number[]) {
  const answers = createOwedAnswers()
  for (const id of ids) {
    addOwed(answers, {
      packet,
      id,
      clause: 'pubrecOwed',
      seq: id,
      mark: {} as OwedAnswer['mark'],
      text: `${packet} id ${id}`,
      onlyAdvised: false,
      closing: 'may',
    })
  }
  return answers
}

t.test('an answer that has to come before one that came is overtaken', t => {
  for (const packet of ['PUBACK', 'PUBREC', 'PUBREL'] as const) {
    const answers = waiting(packet, 1, 2, 3, 4)
    takeOwed(answers, packet, 3)
    t.same(
      answers.map(({ id, overtaken }) => [id, overtaken]),
      [
        [1, true],
        [2, true],
        [4, undefined],
      ],
      packet,
    )
  }
  t.end()
})

t.test('PUBCOMP and the answers to other requests come in any order', t => {
  for (const packet of ['PUBCOMP', 'SUBACK', 'UNSUBACK'] as const) {
    const answers = waiting(packet, 1, 2)
    takeOwed(answers, packet, 2)
    t.same(
      answers.map(one => one.overtaken),
      [undefined],
      packet,
    )
  }
  t.end()
})
