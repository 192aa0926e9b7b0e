import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createMemoryStore } from '../../functions/store/memory.ts'
import type { Store } from '../../functions/store.ts'
import { LongshoreError } from '../../shared/error.ts'
import type { JobMessage } from '../../shared/message.ts'
import { Refused } from './fake-agent.ts'
import { createWorld, type World } from './world.ts'

const ONE = 'on: push\njobs: { one: { runs-on: x, steps: [{ run: echo }] } }'
const MATRIX = `
on: push
jobs:
  legs:
    runs-on: x
    strategy: { max-parallel: 2, fail-fast: false, matrix: { n: [1, 2, 3, 4, 5] } }
    steps: [{ run: echo }]
`

async function offered(world: World, workflow = ONE): Promise<JobMessage> {
  await world.trigger(workflow)
  const [message] = await world.messages()
  assert.ok(message)
  return message
}

function refused(code: string): (error: unknown) => boolean {
  return (error) => error instanceof Refused && error.code === code
}

test('a redelivered message is claimed anew by another agent of the cluster; the first one is superseded', async () => {
  const world = createWorld()
  const message = await offered(world)
  const [first, second] = [world.agent('a'), world.agent('b')]
  const dead = await first.hold(message)
  const held = await second.hold(message)
  assert.deepEqual([dead.epoch, held.epoch], [1, 2])
  await assert.rejects(first.started(dead), refused('superseded'))
  await assert.rejects(first.events(dead, [first.line(dead, 'late')]), refused('superseded'))
  await assert.rejects(first.ended(dead, 'failure'), refused('superseded'))
  assert.deepEqual(await first.heartbeat([dead]), [{ kind: 'lost' }])
  await second.started(held)
  await second.ended(held, 'success')
  assert.equal((await world.describe(message.run)).conclusion, 'success')
})

test('a claim that is repeated by its agent is answered the same, before and after the start', async () => {
  const world = createWorld()
  const message = await offered(world)
  const agent = world.agent('a')
  const held = await agent.hold(message)
  assert.equal((await agent.hold(message)).epoch, held.epoch)
  await agent.started(held)
  assert.equal((await agent.hold(message)).epoch, held.epoch)
})

test('a job that another agent has started is busy, and over when it has ended', async () => {
  const world = createWorld()
  const message = await offered(world)
  const agent = world.agent('a')
  const held = await agent.hold(message)
  await agent.started(held)
  assert.deepEqual(await world.agent('b').claim(message), { kind: 'busy' })
  await agent.ended(held, 'success')
  assert.equal((await world.agent('b').claim(message)).kind, 'gone')
})

test('an agent of another cluster cannot have a job that was not offered to it, whatever it claims to be', async () => {
  const world = createWorld()
  const message = await offered(world)
  const stranger = world.agent('a', 'elsewhere')
  assert.equal((await stranger.claim(message)).kind, 'gone')
  const held = await world.agent('a').hold(message)
  assert.equal((await stranger.claim(message)).kind, 'gone')
  await assert.rejects(stranger.takeOver(held.ref, 7), refused('forbidden'))
  const forged = await stranger.ownToken({ cluster: 'here' })
  await assert.rejects(stranger.post('/v1/agent/heartbeat', forged, {}), refused('unauthorized'))
})

test('of ten agents that claim at once, the log has them one after the other and one holds the job', async () => {
  const world = createWorld()
  const message = await offered(world)
  const agents = Array.from({ length: 10 }, (_, at) => world.agent(`a${at}`))
  const holds = await Promise.all(agents.map((agent) => agent.hold(message)))
  assert.equal(new Set(holds.map(({ epoch }) => epoch)).size, 10)
  const starts = await Promise.allSettled(agents.map((agent, at) => agent.started(holds[at] ?? assert.fail())))
  const winners = starts.flatMap(({ status }, at) => (status === 'fulfilled' ? [holds[at]?.epoch] : []))
  assert.deepEqual(winners, [10])
})

test('an offer that is not the one that stands is refused', async () => {
  const world = createWorld()
  const message = await offered(world)
  assert.equal((await world.agent('a').claim({ ...message, offer: 1 })).kind, 'gone')
  assert.equal((await world.agent('a').claim({ ...message, job: 'other' })).kind, 'gone')
  assert.equal((await world.agent('a').claim({ ...message, run: message.run + 1 })).kind, 'gone')
})

test('cancel against claim: one of them wins, for the log and for the run', async () => {
  for (let round = 0; round < 20; round++) {
    const world = createWorld()
    const message = await offered(world)
    const agent = world.agent('a')
    const [claimed] = await Promise.all([agent.claim(message), world.call('POST', `/v1/runs/${message.run}/cancel`)])
    if (claimed.kind === 'yours') {
      const held = await agent.hold(message)
      assert.deepEqual(
        (await agent.heartbeat([held])).map(({ kind }) => kind),
        ['cancel'],
      )
      await agent.ended(held, 'cancelled')
    }
    const run = await world.describe(message.run)
    assert.deepEqual([run.state, run.conclusion, run.jobs[0]?.conclusion], ['closed', 'cancelled', 'cancelled'])
  }
})

test('a cancelled job whose agent died before its start is over when its message comes back', async () => {
  const world = createWorld()
  const message = await offered(world)
  await world.agent('dead').hold(message)
  await world.call('POST', `/v1/runs/${message.run}/cancel`)
  assert.equal((await world.describe(message.run)).state, 'open')
  assert.equal((await world.agent('b').claim(message)).kind, 'gone')
  assert.equal((await world.describe(message.run)).conclusion, 'cancelled')
})

test('a message that comes after the run was closed starts nothing', async () => {
  const world = createWorld()
  const message = await offered(world)
  await world.call('POST', `/v1/runs/${message.run}/cancel`)
  assert.equal((await world.agent('a').claim(message)).kind, 'gone')
})

test('a cancel reaches a silent job by the heartbeat, and a talking one by the answer to its events', async () => {
  const world = createWorld()
  const message = await offered(world)
  const agent = world.agent('a')
  const held = await agent.hold(message)
  await agent.started(held)
  assert.equal((await agent.events(held, [agent.line(held, 'hello')])).cancel, false)
  await world.call('POST', `/v1/runs/${message.run}/cancel`)
  assert.equal((await agent.events(held, [agent.line(held, 'again')])).cancel, true)
  const [answer] = await agent.heartbeat([held])
  assert.deepEqual([answer?.kind, answer?.kind === 'cancel' && answer.reason], ['cancel', 'ada cancelled the run'])
})

test('the token of a try speaks for no other try and no other epoch', async () => {
  const world = createWorld()
  await world.trigger(MATRIX)
  const [first, second] = await world.messages()
  assert.ok(first && second)
  const agent = world.agent('a')
  const [one, two] = [await agent.hold(first), await agent.hold(second)]
  await assert.rejects(agent.started({ ...two, token: one.token }), refused('forbidden'))
  await assert.rejects(agent.started({ ...one, epoch: 2 }), refused('forbidden'))
  await assert.rejects(agent.ended({ ...one, token: await agent.ownToken() }, 'success'), refused('unauthorized'))
})

test('started and ended may be repeated after a lost answer; another end is refused', async () => {
  const world = createWorld()
  const message = await offered(world)
  const agent = world.agent('a')
  const held = await agent.hold(message)
  await agent.started(held)
  await agent.started(held)
  await agent.ended(held, 'failure')
  await agent.ended(held, 'failure')
  await assert.rejects(agent.ended(held, 'success'), refused('superseded'))
  assert.equal((await world.describe(message.run)).conclusion, 'failure')
})

test('a stale agent concludes nothing after a takeover, and the new owner takes over again after a lost answer', async () => {
  const world = createWorld()
  const message = await offered(world)
  const [a, b] = [world.agent('a'), world.agent('b')]
  const stale = await a.hold(message)
  await a.started(stale)
  await b.takeOver(stale.ref, 5)
  const held = await b.takeOver(stale.ref, 5)
  await assert.rejects(a.ended(stale, 'failure'), refused('superseded'))
  await assert.rejects(a.takeOver(stale.ref, 4), refused('superseded'))
  await b.ended(held, 'success')
  assert.equal((await world.describe(message.run)).conclusion, 'success')
})

test('two dispatchers that advance at once offer every leg once, never more than max-parallel', async () => {
  const world = createWorld()
  const other = createWorld(world.ports)
  const run = await world.trigger(MATRIX)
  const seen = new Set<string>()
  for (let done = 0; done < 5; ) {
    const messages = await world.messages()
    assert.ok(messages.length > 0 && messages.length <= 2)
    for (const { job } of messages) assert.equal(seen.has(job), false, `${job} came once`)
    for (const { job } of messages) seen.add(job)
    const sides = messages.map((message, at) => (at % 2 === 0 ? world : other).agent('a').run(message))
    await Promise.all(sides)
    done += messages.length
  }
  assert.deepEqual([...seen].toSorted(), ['legs.0', 'legs.1', 'legs.2', 'legs.3', 'legs.4'])
  assert.equal((await other.describe(run)).conclusion, 'success')
})

test('a store that fails makes a heartbeat fail, and nothing else: it is asked again', async () => {
  const store = createMemoryStore()
  let away = false
  const reach = (): void => {
    if (away) throw new LongshoreError('store-failed', 'later', 'the disk is full')
  }
  const failing: Store = {
    ...store,
    async get(key) {
      reach()
      return store.get(key)
    },
    async *list(...args) {
      reach()
      yield* store.list(...args)
    },
  }
  const world = createWorld({ store: failing, report: () => undefined })
  const agent = world.agent('a')
  const held = await agent.hold(await offered(world))
  away = true
  await assert.rejects(agent.heartbeat([held]), refused('unavailable'))
  away = false
  assert.deepEqual(
    (await agent.heartbeat([held])).map(({ kind }) => kind),
    ['run'],
  )
})
