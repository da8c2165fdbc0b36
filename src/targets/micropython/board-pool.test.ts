import t from 'tap'
import { BoardPool } from './board-pool.ts'

/** Answers `hello`, then takes nothing in any more, as a program in a call that does not return. */
const blocked = `
import json, sys, time
def loop():
    print(json.dumps({'event': 'published', 'id': 4711}))
    print(json.dumps({'id': json.loads(sys.stdin.readline())['id'], 'ok': {}}))
    time.sleep(1000)
    yield
`

t.test('what a board was asked before its end is answered in its place', async t => {
  const pool = new BoardPool({ 'tester.py': blocked })
  t.teardown(() => pool.stop())
  const answers: { id: number; event?: string }[] = []
  let events = 0
  let wake: () => void = () => undefined
  pool.onLine = line => {
    const told = JSON.parse(line)
    if (told.event) events++
    else answers.push(told)
    wake()
  }
  const answered = async (count: number) => {
    while (answers.length < count) {
      await new Promise<void>(resolve => {
        wake = resolve
      })
    }
    return answers.splice(0).toSorted((one, other) => one.id - other.id)
  }
  const ask = (id: number, command: object) =>
    pool.send(JSON.stringify({ id, client: 'a', ...command }))

  await ask(1, { do: 'hello' })
  t.same(await answered(1), [{ id: 1, ok: {} }])
  t.equal(events, 1, 'an event has an id of its own')
  await ask(2, { do: 'ping', nonce: 'n' })
  await ask(3, { do: 'publish' })
  await ask(4, { do: 'stop' })
  t.same(await answered(3), [
    { id: 2, ok: { nonce: 'n' } },
    { id: 3, error: 'its client was stopped' },
    { id: 4, ok: {} },
  ])

  await ask(5, { do: 'hello' })
  await answered(1)
  await ask(6, { do: 'subscribe' })
  await ask(7, { do: 'power' })
  t.same(await answered(2), [
    { id: 6, error: 'the power was cut' },
    { id: 7, ok: {} },
  ])
})
