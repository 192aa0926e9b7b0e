import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import type { RunEvent } from '../../shared/event.ts'
import type { FakeAgent, Held } from './fake-agent.ts'
import { createWorld, type World } from './world.ts'

const TWO = `
on: push
jobs:
  a: { runs-on: x, steps: [{ run: echo }] }
  b: { runs-on: x, steps: [{ run: echo }] }
  c: { needs: [a, b], if: false, runs-on: x, steps: [{ run: echo }] }
`

async function collect(events: AsyncIterable<RunEvent>): Promise<RunEvent[]> {
  const found: RunEvent[] = []
  for await (const event of events) found.push(event)
  return found
}

async function start(
  world: World,
): Promise<{ readonly run: number; readonly agent: FakeAgent; readonly held: Held[] }> {
  const run = await world.trigger(TWO)
  const agent = world.agent('a')
  const held: Held[] = []
  for (const message of await world.messages()) held.push(await agent.hold(message))
  for (const one of held) await agent.started(one)
  return { run, agent, held }
}

async function finished(world: World): Promise<number> {
  const { run, agent, held } = await start(world)
  for (let turn = 0; turn < 4; turn++)
    for (const one of held) await agent.events(one, [agent.line(one, `${turn}`), agent.line(one, `${turn}!`)])
  for (const one of held) await agent.ended(one, 'success')
  return run
}

test('a viewer that comes back with any cursor gets what is after it, with none lost and none twice', async () => {
  const world = createWorld()
  const run = await finished(world)
  const all = await collect(world.events(run))
  assert.equal(all.at(-1)?.kind, 'run-ended')
  for (const [at, { cursor }] of all.entries()) {
    const rest = await collect(world.events(run, `?cursor=${cursor}`))
    assert.deepEqual(rest, all.slice(at + 1), `after event ${at}`)
  }
})

test("a job's events stand between its start and its end, in their order", async () => {
  const world = createWorld()
  const run = await finished(world)
  const all = await collect(world.events(run))
  for (const job of ['a', 'b']) {
    const told = all.filter((event) => 'job' in event && event.job === job)
    const words = told.map((event) => (event.kind === 'job-state' ? event.state : event.kind))
    const events = Array.from({ length: 8 }, () => 'job-event')
    assert.deepEqual(words, ['waiting', 'queued', 'claimed', 'started', ...events, 'done'])
  }
  const skipped = all.filter((event) => event.kind === 'job-state' && event.job === 'c')
  assert.deepEqual(
    skipped.map((event) => event.kind === 'job-state' && [event.state, event.conclusion]),
    [
      ['waiting', undefined],
      ['done', 'skipped'],
    ],
  )
})

test('a viewer is told at once of what happens while it waits, without asking the store in between', async () => {
  const world = createWorld()
  const { run, agent, held } = await start(world)
  const events = world.events(run)
  const next = async (): Promise<RunEvent> => (await events.next()).value ?? assert.fail('the stream ended')
  for (let told = 0; told < 10; told++) await next()
  const [a, b] = held
  assert.ok(a && b)
  for (const one of [b, a, b]) {
    const waiting = next()
    await world.clock.asleep()
    await agent.events(one, [agent.line(one, 'now')])
    const event = await waiting
    assert.equal(event.kind === 'job-event' && event.job, one.ref.job)
  }
  await agent.ended(a, 'success')
  assert.equal((await next()).kind, 'job-state')
  await agent.ended(b, 'failure')
  const last = await collect(events)
  assert.deepEqual(
    last.map(({ kind }) => kind),
    ['job-state', 'job-state', 'run-ended'],
  )
})

test('a cursor is a position per stream: what one job says late is not passed over for what another said since', async () => {
  const world = createWorld()
  const { run, agent, held } = await start(world)
  const [a, b] = held
  assert.ok(a && b)
  await agent.events(b, [agent.line(b, 'b first')])
  const events = world.events(run)
  let cursor = ''
  for await (const event of events) {
    cursor = event.cursor
    if (event.kind === 'job-event') break
  }
  await agent.events(b, [agent.line(b, 'b again')])
  await agent.events(a, [agent.line(a, 'a late')])
  for (const one of held) await agent.ended(one, 'success')
  const rest = await collect(world.events(run, `?cursor=${cursor}`))
  const texts = rest.flatMap((event) =>
    event.kind === 'job-event' && event.event.kind === 'log' ? [event.event.text] : [],
  )
  assert.deepEqual(texts.toSorted(), ['a late\n', 'b again\n'])
})

test('server-sent events carry the cursor as their id, and a browser goes on by Last-Event-ID', async () => {
  const world = createWorld()
  const run = await finished(world)
  const read = async (headers: HeadersInit): Promise<string[]> => {
    const answer = await world.call('GET', `/v1/runs/${run}/events`, { headers })
    assert.equal(answer.headers.get('content-type'), 'text/event-stream')
    const blocks = (await answer.text()).split('\n\n').filter((block) => block.startsWith('id: '))
    return blocks.map((block) => block.split('\n')[0]?.slice(4) ?? '')
  }
  const sse = { accept: 'text/event-stream' }
  const ids = await read(sse)
  assert.deepEqual(
    ids,
    (await collect(world.events(run))).map(({ cursor }) => cursor),
  )
  assert.deepEqual(await read({ ...sse, 'last-event-id': ids[5] ?? '' }), ids.slice(6))
})

test('a viewer of a silent run gets a sign of life', async () => {
  const world = createWorld()
  const run = await world.trigger(TWO)
  const answer = await world.call('GET', `/v1/runs/${run}/events`, { headers: { accept: 'text/event-stream' } })
  const reader = answer.body?.getReader() ?? assert.fail()
  const read = async () => new TextDecoder().decode((await reader.read()).value)
  let text = ''
  while (!text.includes('"state":"queued","cluster":"here","atMs"') || !text.includes('"job":"c"')) text += await read()
  const waiting = read()
  await world.clock.asleep()
  world.clock.advance(15_000)
  assert.equal(await waiting, ': still here\n\n')
  await reader.cancel()
})

test('what is no cursor is refused', async () => {
  const world = createWorld()
  const run = await world.trigger(TWO)
  for (const cursor of ['x', 'AAAA', '%00', 'MTsx!', btoa('1;1;a:1,2'), btoa('9;1')])
    assert.equal((await world.call('GET', `/v1/runs/${run}/events?cursor=${cursor}`)).status, 400, cursor)
  assert.equal((await world.call('GET', '/v1/runs/77/events')).status, 404)
})

test('any range of a log is that range of its bytes', async () => {
  const world = createWorld()
  const { run, agent, held } = await start(world)
  const [a] = held
  assert.ok(a)
  for (const text of ['first', 'zwölf ✓', '', 'last one'])
    await agent.events(a, [agent.line(a, text), agent.line(a, text)])
  const path = `/v1/runs/${run}/jobs/${a.ref.job}/log`
  const whole = new Uint8Array(await (await world.call('GET', path)).arrayBuffer())
  assert.equal(whole.byteLength, a.logOffset)
  const bound = fc.nat({ max: whole.byteLength + 3 })
  await fc.assert(
    fc.asyncProperty(bound, fc.option(bound), async (first, last) => {
      const answer = await world.call('GET', path, { headers: { range: `bytes=${first}-${last ?? ''}` } })
      if (last !== null && last < first) return answer.status === 200
      if (first >= whole.byteLength) return answer.status === 416
      assert.equal(answer.status, 206)
      const expected = whole.slice(first, last === null ? undefined : last + 1)
      const end = first + expected.byteLength - 1
      assert.equal(answer.headers.get('content-range'), `bytes ${first}-${end}/${whole.byteLength}`)
      assert.deepEqual(new Uint8Array(await answer.arrayBuffer()), expected)
      return true
    }),
    { numRuns: 60 },
  )
  const tail = await world.call('GET', path, { headers: { range: 'bytes=-9' } })
  assert.equal(await tail.text(), 'last one\n')
})

test('the log of a job that has not begun is empty, and of a job that is not there is not found', async () => {
  const world = createWorld()
  const run = await world.trigger(TWO)
  const log = await world.call('GET', `/v1/runs/${run}/jobs/c/log`)
  assert.deepEqual([log.status, await log.text()], [200, ''])
  assert.equal((await world.call('GET', `/v1/runs/${run}/jobs/zzz/log`)).status, 404)
})
