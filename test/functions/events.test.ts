import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { JobEvent } from '../../shared/event.ts'
import { type FakeAgent, type Held, Refused } from './fake-agent.ts'
import { createWorld, type World } from './world.ts'

const ONE = 'on: push\njobs: { one: { runs-on: x, steps: [{ run: echo }] } }'

async function running(world: World): Promise<{ readonly agent: FakeAgent; readonly held: Held }> {
  await world.trigger(ONE)
  const [message] = await world.messages()
  assert.ok(message)
  const agent = world.agent('a')
  const held = await agent.hold(message)
  await agent.started(held)
  return { agent, held }
}

function refused(code: string): (error: unknown) => boolean {
  return (error) => error instanceof Refused && error.code === code
}

async function jobEvents(world: World, held: Held): Promise<JobEvent[]> {
  const found: JobEvent[] = []
  for await (const event of world.events(held.ref.run)) if (event.kind === 'job-event') found.push(event.event)
  return found
}

const step = (number: number): JobEvent => ({
  kind: 'step-started',
  step: number,
  name: `step ${number}`,
  atMs: number,
})

test('events that are posted again after a lost answer are held once, however they are cut', async () => {
  const world = createWorld()
  const { agent, held } = await running(world)
  const events = [step(1), agent.line(held, 'a'), agent.line(held, 'b'), step(2), agent.line(held, 'c')]
  assert.equal((await agent.eventsFrom(held, 0, events.slice(0, 3))).next, 3)
  assert.equal((await agent.eventsFrom(held, 0, events.slice(0, 3))).next, 3)
  assert.equal((await agent.eventsFrom(held, 1, events.slice(1, 2))).next, 3)
  assert.equal((await agent.eventsFrom(held, 2, events.slice(2, 5))).next, 5)
  assert.equal((await agent.eventsFrom(held, 0, events)).next, 5)
  await agent.ended(held, 'success')
  assert.deepEqual(await jobEvents(world, held), events)
})

test('the same number with other content is refused aloud', async () => {
  const world = createWorld()
  const { agent, held } = await running(world)
  await agent.eventsFrom(held, 0, [step(1), step(2)])
  await assert.rejects(agent.eventsFrom(held, 1, [step(3)]), refused('conflict'))
  await assert.rejects(agent.eventsFrom(held, 0, [step(1), step(9), step(3)]), refused('conflict'))
  assert.equal((await agent.eventsFrom(held, 2, [step(3)])).next, 3)
})

test('events after a gap are refused with the number that is expected', async () => {
  const world = createWorld()
  const { agent, held } = await running(world)
  await agent.eventsFrom(held, 0, [step(1)])
  await assert.rejects(agent.eventsFrom(held, 2, [step(2)]), (error) => {
    assert.ok(error instanceof Refused && error.code === 'gap')
    return error.message.includes('the next event is 1')
  })
})

test('a log event that does not stand where the log ends is refused', async () => {
  const world = createWorld()
  const { agent, held } = await running(world)
  await agent.eventsFrom(held, 0, [{ kind: 'log', step: 1, offset: 0, text: 'é\n' }])
  const late: JobEvent = { kind: 'log', step: 1, offset: 2, text: 'x\n' }
  await assert.rejects(agent.eventsFrom(held, 1, [late]), refused('bad-request'))
  assert.equal((await agent.eventsFrom(held, 1, [{ ...late, offset: 3 }])).next, 2)
})

test('what is not an event is refused with its number, and nothing of its batch is held', async () => {
  const world = createWorld()
  const { agent, held } = await running(world)
  const bad = [step(1), { kind: 'log', step: 0, offset: 0, text: '' }] as JobEvent[]
  await assert.rejects(agent.eventsFrom(held, 0, bad), /event 1/)
  assert.equal((await agent.eventsFrom(held, 0, [step(1)])).next, 1)
})

test('a taker-over is told what is held and goes on there, through another dispatcher', async () => {
  const world = createWorld()
  const other = createWorld(world.ports)
  const { agent, held } = await running(world)
  await agent.events(held, [step(1), agent.line(held, 'häl'), agent.line(held, 'f')])
  const successor = other.agent('b')
  const taken = await successor.takeOver(held.ref, 2)
  assert.deepEqual([taken.next, taken.discrete, taken.logOffset], [3, 1, 7])
  await assert.rejects(agent.events(held, [step(2)]), refused('superseded'))
  await successor.events(taken, [successor.line(taken, 'more'), step(2)])
  await successor.ended(taken, 'success')
  const log = await (await world.call('GET', `/v1/runs/${held.ref.run}/jobs/one/log`)).text()
  assert.equal(log, 'häl\nf\nmore\n')
})

test('two dispatchers that remember different ends of a stream lose nothing and double nothing', async () => {
  const world = createWorld()
  const other = createWorld(world.ports)
  const { agent, held } = await running(world)
  const far = other.agent('a')
  const events: JobEvent[] = []
  for (let turn = 0; turn < 6; turn++) {
    const event = agent.line(held, `line ${turn}`)
    events.push(event)
    const side = turn % 3 === 0 ? agent : far
    assert.equal((await side.eventsFrom(held, turn, [event])).next, turn + 1)
    assert.equal((await agent.eventsFrom(held, turn, [event])).next, turn + 1)
  }
  await agent.ended(held, 'success')
  assert.deepEqual(await jobEvents(world, held), events)
})

test('JSON that is laid out on several lines reaches a viewer as one line an event', async () => {
  const world = createWorld()
  const { agent, held } = await running(world)
  const text = 'a "quoted" \\ line with [brackets], {braces} and \u2028\n'
  const event = { kind: 'log', step: 1, offset: 0, text }
  const body = { events: [event, step(1)], from: 0, ...held.ref, epoch: held.epoch }
  await agent.post('/v1/agent/events', held.token, JSON.stringify(body, null, 3))
  await agent.ended(held, 'success')
  assert.deepEqual(await jobEvents(world, held), [event, step(1)])
})

test('events after the end of a try are refused', async () => {
  const world = createWorld()
  const { agent, held } = await running(world)
  await agent.ended(held, 'success')
  await assert.rejects(agent.events(held, [step(1)]), refused('superseded'))
})
