import assert from 'node:assert/strict'
import test from 'node:test'
import { NOTHING_HELD, START } from '../../../agent/job/event-buffer.ts'
import { createOutbox } from '../../../agent/job/outbox.ts'
import { LongshoreError } from '../../../shared/error.ts'
import type { JobEvent } from '../../../shared/event.ts'
import { EVENTS_UNSENT_BYTES_MAX } from '../../../shared/limit.ts'
import { createVirtualClock } from '../virtual-clock.ts'

type Post = (from: number, events: readonly JobEvent[]) => Promise<void>

function outboxTo(post: Post, signal = new AbortController().signal) {
  return createOutbox({ post, from: START, held: NOTHING_HELD, clock: createVirtualClock(0), signal })
}

const away = () => new LongshoreError('unreachable', 'later', 'away')

test('a request that was not answered is repeated as it was, before anything else is sent', async () => {
  const posts: string[] = []
  const outbox = outboxTo(async (from, events) => {
    posts.push(JSON.stringify([from, events]))
    if (posts.length > 4) return
    outbox.say({ kind: 'log', step: 1, text: `said during post ${posts.length}\n` })
    if (posts.length < 4) throw away()
  })
  outbox.say({ kind: 'log', step: 1, text: 'first\n' })
  while (posts.length < 5) await new Promise((resolve) => setImmediate(resolve))
  assert.equal(new Set(posts.slice(0, 4)).size, 1)
  assert.match(posts[4] ?? '', /^\[1,\[\{"kind":"log","step":1,"offset":6,"text":"said during post 1\\nsaid/)
})

test('what is said while nothing can be sent makes the writer wait, and no longer', async () => {
  const gate = Promise.withResolvers<void>()
  const outbox = outboxTo(() => gate.promise)
  const text = `${'x'.repeat(1_000)}\n`
  for (let sent = 0; sent < EVENTS_UNSENT_BYTES_MAX * 2; sent += text.length) outbox.say({ kind: 'log', step: 1, text })
  let room = false
  const waiting = outbox.room().then(() => {
    room = true
  })
  for (let turn = 0; turn < 50; turn += 1) await new Promise((resolve) => setImmediate(resolve))
  assert.equal(room, false)
  gate.resolve()
  await waiting
  await outbox.flush()
})

test('a refusal ends the sending, and whoever speaks next hears it', async () => {
  const outbox = outboxTo(async () => {
    throw new LongshoreError('superseded', 'never', 'another agent owns this job')
  })
  outbox.say({ kind: 'log', step: 1, text: 'x\n' })
  await assert.rejects(outbox.flush(), { code: 'superseded' })
  assert.throws(() => outbox.say({ kind: 'log', step: 1, text: 'y\n' }), { code: 'superseded' })
})

test('letting go drops what waits and rejects with the reason', async () => {
  const letGo = new AbortController()
  const outbox = outboxTo(() => new Promise(() => undefined), letGo.signal)
  outbox.say({ kind: 'log', step: 1, text: 'x\n' })
  const flushed = outbox.flush()
  letGo.abort(new LongshoreError('agent-stopping', 'never', 'stop'))
  await assert.rejects(flushed, { code: 'agent-stopping' })
})
