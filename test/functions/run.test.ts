import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createWorld } from './world.ts'

const HELLO = `
on: push
jobs:
  hello:
    runs-on: ubuntu-latest
    steps:
      - run: echo hello
`

test('a triggered job is offered, claimed, started, reported and ended, and the run is closed', async () => {
  const world = createWorld()
  const run = await world.trigger(HELLO)
  const [message] = await world.messages()
  assert.ok(message)
  assert.equal(message.run, run)
  assert.equal(message.job, 'hello')
  await world.agent('a').run(message)
  const described = await world.describe(run)
  assert.equal(described.state, 'closed')
  assert.equal(described.conclusion, 'success')
  assert.equal(await (await world.call('GET', `/v1/runs/${run}/jobs/hello/log`)).text(), 'this is hello\n')
  const kinds = []
  for await (const event of world.events(run)) kinds.push(event.kind === 'job-state' ? event.state : event.kind)
  assert.deepEqual(kinds, ['run-started', 'waiting', 'queued', 'claimed', 'started', 'job-event', 'done', 'run-ended'])
})
