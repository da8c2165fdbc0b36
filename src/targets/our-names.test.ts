import t from 'tap'
import { openTarget } from './index.ts'

const budgets = { connectMs: 1000, replyMs: 1000, startMs: 1000 }

t.test(
  'the names that a user asks for outdo those of the profile, which stays as it is',
  async t => {
    const profile = { topicPrefix: 'theirs/', clientIdPrefix: 'theirs-' }
    const wish = { handle: () => undefined, profile }
    const target = await openTarget(wish, { ...budgets, names: { topicPrefix: 'mine/' } })
    t.match(target.profile, { topicPrefix: 'mine/', clientIdPrefix: 'theirs-' })
    t.same(profile, { topicPrefix: 'theirs/', clientIdPrefix: 'theirs-' })
    await target.stop()
  },
)
