import assert from 'node:assert/strict'
import { test } from 'node:test'
import { openDispatcher } from '../../functions/dispatcher.ts'
import { sweepRuns } from '../../functions/sweep.ts'
import type { JobMessage } from '../../shared/message.ts'
import { mortal } from './mortal-store.ts'
import { createWorld, jsonOf, type World } from './world.ts'

const GRAPH = `
on: push
jobs:
  build:
    runs-on: x
    outputs: { version: '\${{ steps.v.outputs.v }}' }
    steps: [{ id: v, run: echo }]
  test:
    needs: build
    runs-on: x
    strategy: { matrix: { n: [1, 2] } }
    steps: [{ run: echo }]
  never:
    needs: build
    if: false
    runs-on: x
    steps: [{ run: echo }]
`

/** An agent that takes what is there until nothing comes any more, and repeats what failed as the real one does: it never saw an answer. */
async function work(world: World, healthy: World): Promise<void> {
  for (;;) {
    const messages = await healthy.messages()
    if (messages.length === 0) return
    for (const message of messages) await finish(message, world).catch(() => finish(message, healthy))
  }
}

async function finish(message: JobMessage, world: World): Promise<void> {
  const agent = world.agent('a')
  const answer = await agent.claim(message)
  if (answer.kind !== 'yours') return
  const held = { ref: message, epoch: answer.epoch, token: answer.token, next: 0, logOffset: 0 }
  const { run, runAttempt, job, try: number } = message
  const owned = { ...held, ref: { run, runAttempt, job, try: number } }
  await agent.started(owned)
  await agent.eventsFrom(owned, 0, [agent.line(owned, job)])
  await agent.ended(owned, 'success', job === 'build' ? { version: '1' } : {})
}

test('a dispatcher that dies between any two writes leaves nothing that the next event or the sweep does not complete', async () => {
  for (let death = 1; ; death++) {
    const healthy = createWorld()
    const frail = mortal(healthy.ports.store)
    const dying = createWorld({ ...healthy.ports, store: frail.store, report: () => undefined })
    const run = await healthy.trigger(GRAPH)
    frail.dieAfter(death)
    await work(dying, healthy)
    await sweepRuns(openDispatcher(healthy.ports))
    await work(healthy, healthy)
    const described = await healthy.describe(run)
    assert.deepEqual(
      [described.state, described.conclusion, described.jobs.map(({ conclusion }) => conclusion)],
      ['closed', 'success', ['success', 'success', 'success', 'skipped']],
      `dead after ${death} writes`,
    )
    for await (const key of healthy.ports.store.list('open/')) assert.fail(`${key} after ${death} writes`)
    if (frail.writes() < death) return
  }
})

test('an offer that was written and not sent is sent by the sweep, once', async () => {
  const healthy = createWorld()
  const failing = createWorld({
    ...healthy.ports,
    queue: { send: () => Promise.reject(new Error('the queue is away')) },
    report: () => undefined,
  })
  const body = JSON.stringify({ workflow: { file: 'ci.yml', text: GRAPH } })
  assert.equal((await failing.call('POST', '/v1/runs', { body })).status, 500)
  assert.equal((await healthy.messages()).length, 0)
  await sweepRuns(openDispatcher(healthy.ports))
  await sweepRuns(openDispatcher(healthy.ports))
  assert.deepEqual(
    (await healthy.messages()).map(({ job }) => job),
    ['build'],
  )
})

test('a missing hint is written by the sweep', async () => {
  const world = createWorld()
  await world.trigger(GRAPH)
  const hints = async (): Promise<string[]> => {
    const found: string[] = []
    for await (const key of world.ports.store.list('run/')) if (key.endsWith('~offered')) found.push(key)
    return found
  }
  const [hint] = await hints()
  assert.ok(hint)
  await world.ports.store.delete(hint)
  await sweepRuns(openDispatcher(world.ports))
  assert.deepEqual(await hints(), [hint])
})

test('an offer that nobody takes within a day fails its job with that cause', async () => {
  const world = createWorld()
  const run = await world.trigger(GRAPH)
  world.clock.advance(86_399_999)
  await sweepRuns(openDispatcher(world.ports))
  assert.equal((await world.describe(run)).state, 'open')
  world.clock.advance(1)
  await sweepRuns(openDispatcher(world.ports))
  const [build, ...rest] = (await world.describe(run)).jobs
  assert.deepEqual([build?.conclusion, build?.cause?.code], ['failure', 'queue-timeout'])
  assert.deepEqual(new Set(rest.map(({ conclusion }) => conclusion)), new Set(['skipped']))
})

test('after an outage of a day nobody who has started is declared dead', async () => {
  const world = createWorld()
  const run = await world.trigger(GRAPH)
  const [message] = await world.messages()
  assert.ok(message)
  const agent = world.agent('a')
  const held = await agent.hold(message)
  await agent.started(held)
  world.clock.advance(86_400_000)
  await sweepRuns(openDispatcher(world.ports))
  const [answer] = await agent.heartbeat([held])
  assert.equal(answer?.kind, 'run')
  assert.equal((await world.describe(run)).jobs[0]?.state, 'started')
})

test('nothing acts on a run whose plan is gone, whatever else is left of it', async () => {
  const world = createWorld()
  const run = await world.trigger(GRAPH)
  const [message] = await world.messages()
  assert.ok(message)
  for await (const key of world.ports.store.list('run/')) if (key.endsWith('/plan')) await world.ports.store.delete(key)
  const fresh = createWorld(world.ports)
  await sweepRuns(openDispatcher(fresh.ports))
  assert.equal((await fresh.agent('a').claim(message)).kind, 'gone')
  assert.equal((await fresh.call('GET', `/v1/runs/${run}`)).status, 404)
  assert.equal((await fresh.messages()).length, 0)
})

const FLAKY = `
on: push
jobs:
  a: { runs-on: x, steps: [{ run: echo }] }
  b: { runs-on: x, steps: [{ run: echo }] }
  c: { needs: b, runs-on: x, steps: [{ run: echo }] }
`

async function failOne(world: World): Promise<number> {
  const run = await world.trigger(FLAKY)
  for (const message of await world.messages())
    await world.agent('a').run(message, message.job === 'b' ? 'failure' : 'success')
  assert.equal((await world.describe(run)).conclusion, 'failure')
  return run
}

test('a rerun of what failed runs that and what needs it; the rest keeps its result and its log', async () => {
  const world = createWorld()
  const run = await failOne(world)
  await jsonOf(await world.call('POST', `/v1/runs/${run}/rerun`, { body: JSON.stringify({ jobs: 'failed' }) }))
  const [b] = await world.messages()
  assert.deepEqual([b?.job, b?.runAttempt], ['b', 2])
  if (b !== undefined) await world.agent('a').run(b)
  for (const message of await world.messages()) await world.agent('a').run(message)
  const described = await world.describe(run)
  assert.deepEqual([described.runAttempt, described.conclusion], [2, 'success'])
  const log = async (query: string) => (await world.call('GET', `/v1/runs/${run}/jobs/a/log${query}`)).text()
  assert.deepEqual([await log(''), await log('?runAttempt=1')], ['this is a\n', 'this is a\n'])
  const kinds: string[] = []
  for await (const event of world.events(run, '?runAttempt=1')) kinds.push(event.kind)
  assert.equal(kinds.at(-1), 'run-ended')
})

test('two who ask for the same rerun at once get one; other jobs, or an open run, are refused', async () => {
  const world = createWorld()
  const run = await failOne(world)
  const ask = (jobs: unknown) => world.call('POST', `/v1/runs/${run}/rerun`, { body: JSON.stringify({ jobs }) })
  const answers = await Promise.all([ask('failed'), ask('failed'), ask('failed')])
  assert.deepEqual(
    answers.map(({ status }) => status),
    [202, 202, 202],
  )
  assert.equal((await world.describe(run)).runAttempt, 2)
  assert.equal((await ask('all')).status, 409)
  assert.deepEqual(
    (await world.messages()).map(({ job }) => job),
    ['b'],
  )
})

test('cancelling is idempotent while the run is open, and refused when it has ended', async () => {
  const world = createWorld()
  const run = await world.trigger(FLAKY)
  const [message] = await world.messages()
  assert.ok(message)
  const held = await world.agent('a').hold(message)
  const cancel = () => world.call('POST', `/v1/runs/${run}/cancel`)
  assert.deepEqual([(await cancel()).status, (await cancel()).status], [202, 202])
  await world.agent('a').ended(held, 'cancelled')
  assert.equal((await world.describe(run)).conclusion, 'cancelled')
  assert.equal((await cancel()).status, 409)
  assert.equal((await world.call('POST', '/v1/runs/12345/cancel')).status, 404)
})
