/** What every queue must do on its receiving side. Run by test/contract/queue.test.ts on each adapter. */
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import type { QueueMessage, ReceiveSide } from '../../functions/queue.ts'
import type { ManualClock } from './manual-clock.ts'

export interface QueueSubject {
  readonly name: string
  /** An empty queue of one cluster. `send` puts one more message on it, `sendElsewhere` on that of another cluster. */
  open(): Promise<OpenQueue>
}

export interface OpenQueue {
  readonly queue: ReceiveSide
  readonly clock: ManualClock
  send(): Promise<void>
  sendElsewhere(): Promise<void>
}

const never = new AbortController().signal
const NOW = { waitMs: 0, visibilityS: 60 }

/** Ids of the messages: their bodies, which are all different. */
const bodies = (messages: readonly QueueMessage[]): string[] => messages.map(({ body }) => body)

async function one(queue: ReceiveSide): Promise<QueueMessage> {
  const [message, ...more] = await queue.receive(1, never, NOW)
  assert.ok(message)
  assert.deepEqual(more, [])
  return message
}

export function queueContract({ name, open }: QueueSubject): void {
  describe(`queue: ${name}`, () => {
    deliveries(open)
    polls(open)
    receipts(open)
  })
}

function deliveries(open: QueueSubject['open']): void {
  test('a message goes to one receiver, and stays hidden while it may', async () => {
    const { queue, clock, send } = await open()
    await send()
    assert.equal((await one(queue)).receives, 1)
    clock.advance(59_999)
    assert.deepEqual(await queue.receive(10, never, NOW), [])
  })

  test('a message comes back after its visibility, and says how often it was received', async () => {
    const { queue, clock, send } = await open()
    await send()
    await one(queue)
    clock.advance(60_000)
    assert.equal((await one(queue)).receives, 2)
  })

  test('no more messages come than were asked for, and each of them once', async () => {
    const { queue, send } = await open()
    for (let at = 0; at < 5; at++) await send()
    const first = await queue.receive(3, never, NOW)
    const second = await queue.receive(10, never, NOW)
    assert.deepEqual([first.length, second.length], [3, 2])
    assert.equal(new Set([...first, ...second].map(({ receipt }) => receipt)).size, 5)
  })

  test('receivers that ask at once share the messages', async () => {
    const { queue, send } = await open()
    for (let at = 0; at < 6; at++) await send()
    const answers = await Promise.all(Array.from({ length: 4 }, () => queue.receive(2, never, NOW)))
    assert.equal(answers.flat().length, 6)
    assert.equal(new Set(answers.flatMap(bodies)).size, 6)
  })

  test("another cluster's messages are not there", async () => {
    const { queue, sendElsewhere } = await open()
    await sendElsewhere()
    assert.deepEqual(await queue.receive(10, never, NOW), [])
  })
}

function polls(open: QueueSubject['open']): void {
  test('a poll that waits gets the message that is sent then', async () => {
    const { queue, clock, send } = await open()
    const poll = queue.receive(1, never, { waitMs: 20_000, visibilityS: 60 })
    await clock.asleep()
    await send()
    assert.equal((await poll).length, 1)
  })

  test('a poll that waits gets the message whose visibility ends then', async () => {
    const { queue, clock, send } = await open()
    await send()
    await queue.receive(1, never, { waitMs: 0, visibilityS: 5 })
    const poll = queue.receive(1, never, { waitMs: 20_000, visibilityS: 60 })
    await clock.asleep()
    clock.advance(5_000)
    assert.deepEqual(
      (await poll).map(({ receives }) => receives),
      [2],
    )
  })

  test('a poll answers none when its time is over', async () => {
    const { queue, clock } = await open()
    const poll = queue.receive(1, never, { waitMs: 20_000, visibilityS: 60 })
    await clock.asleep()
    clock.advance(20_000)
    assert.deepEqual(await poll, [])
  })

  test('a poll that was aborted eats no message: the next one gets it, for the first time', async () => {
    const { queue, clock, send } = await open()
    const abort = new AbortController()
    const poll = queue.receive(1, abort.signal, { waitMs: 20_000, visibilityS: 60 })
    await clock.asleep()
    abort.abort()
    await assert.rejects(poll)
    await send()
    assert.equal((await one(queue)).receives, 1)
  })

  test('a poll with an aborted signal is refused and hides nothing', async () => {
    const { queue, send } = await open()
    await send()
    await assert.rejects(queue.receive(1, AbortSignal.abort(), NOW))
    assert.equal((await one(queue)).receives, 1)
  })
}

function receipts(open: QueueSubject['open']): void {
  test('an extended message stays hidden from then on', async () => {
    const { queue, clock, send } = await open()
    await send()
    const message = await one(queue)
    clock.advance(40_000)
    await queue.extend(message, 60)
    clock.advance(59_999)
    assert.deepEqual(await queue.receive(1, never, NOW), [])
    clock.advance(1)
    assert.equal((await one(queue)).receives, 2)
  })

  test('a message that is given back is there at once', async () => {
    const { queue, send } = await open()
    await send()
    await queue.extend(await one(queue), 0)
    assert.equal((await one(queue)).receives, 2)
  })

  test('a receipt that is not the last hides nothing', async () => {
    const { queue, clock, send } = await open()
    await send()
    const old = await one(queue)
    clock.advance(60_000)
    await queue.extend(await one(queue), 0)
    await queue.extend(old, 60)
    assert.equal((await one(queue)).receives, 3)
  })

  test('a deleted message never comes back; deleting it again is fine', async () => {
    const { queue, clock, send } = await open()
    await send()
    const message = await one(queue)
    await queue.delete(message)
    await queue.delete(message)
    await queue.extend(message, 0)
    clock.advance(120_000)
    assert.deepEqual(await queue.receive(1, never, NOW), [])
  })

  test('a receipt that was never given out changes nothing', async () => {
    const { queue, send } = await open()
    await send()
    for (const receipt of ['', 'x', '1', '1.99', '9~9', '__proto__']) {
      await queue.delete({ receipt })
      await queue.extend({ receipt }, 60)
    }
    assert.equal((await one(queue)).receives, 1)
  })
}
