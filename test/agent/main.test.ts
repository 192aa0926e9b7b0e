import assert from 'node:assert/strict'
import test from 'node:test'
import { type Cluster, conclusions, openCluster } from './cluster.ts'

test('a run goes through dispatcher, queue, agent and supervisor to its end', async (t) => {
  const cluster = await openCluster(t)
  await cluster.agent('one')
  const run = await cluster.trigger(`on: push
jobs:
  build:
    runs-on: ubuntu-latest
    outputs: { word: "\${{ steps.say.outputs.word }}" }
    steps:
      - id: say
        run: echo word=hello >> "$GITHUB_OUTPUT"
  test:
    needs: build
    runs-on: ubuntu-latest
    strategy: { matrix: { n: [1, 2] } }
    steps:
      - run: echo "\${{ needs.build.outputs.word }} \${{ matrix.n }}"
`)
  assert.deepEqual(await conclusions(cluster, run), {
    build: 'success',
    'test.0': 'success',
    'test.1': 'success',
    run: 'success',
  })
  assert.match(await cluster.log(run, 'test.1'), /Z hello 2\n/)
})

const LINES = `on: push
jobs:
  count:
    runs-on: ubuntu-latest
    steps:
      - run: 'echo x >> "$RUNNER_TEMP/started"; for n in $(seq 1 40); do echo "line $n"; sleep 0.05; done'
      - run: wc -l < "$RUNNER_TEMP/started"
`

async function untilLog(cluster: Cluster, run: number, job: string, text: string): Promise<void> {
  let log = ''
  for await (const event of cluster.events(run)) {
    if (event.kind === 'job-event' && event.job === job && event.event.kind === 'log') log += event.event.text
    if (log.includes(text)) return
  }
  assert.fail(`the run ended without ${text}`)
}

function assertCounted(log: string): void {
  const lines = [...log.matchAll(/Z line (\d+)\n/g)].map((match) => Number(match[1]))
  assert.deepEqual(
    lines,
    Array.from({ length: 40 }, (_, index) => index + 1),
  )
  assert.match(log, /##\[endgroup\]\n\S+Z 1\n/)
}

test('an agent that stops hands its jobs over: the step runs on, every line is there once', async (t) => {
  const cluster = await openCluster(t)
  const one = await cluster.agent('one')
  const run = await cluster.trigger(LINES)
  await untilLog(cluster, run, 'count', 'line 5\n')
  await one.stop()
  const two = await cluster.agent('two')
  assert.deepEqual(await conclusions(cluster, run), { count: 'success', run: 'success' })
  assertCounted(await cluster.log(run, 'count'))
  assert.ok(two.log.some((line) => line.startsWith('job-adopted')))
})

test('an agent that is to finish ends its jobs before it stops', async (t) => {
  const cluster = await openCluster(t)
  const one = await cluster.agent('one', { onStop: 'finish' })
  const run = await cluster.trigger(LINES)
  await untilLog(cluster, run, 'count', 'line 5\n')
  await one.stop()
  assert.equal(one.agent.active, 0)
  assert.deepEqual(await conclusions(cluster, run), { count: 'success', run: 'success' })
})

test('while the dispatcher is away a started job runs on, and all of it arrives once', async (t) => {
  const cluster = await openCluster(t)
  const one = await cluster.agent('one')
  const run = await cluster.trigger(LINES)
  await untilLog(cluster, run, 'count', 'line 5\n')
  cluster.away = true
  await one.logged('dispatcher-away')
  cluster.away = false
  assert.deepEqual(await conclusions(cluster, run), { count: 'success', run: 'success' })
  assertCounted(await cluster.log(run, 'count'))
})

test('a cancel reaches a silent step by the heartbeat', async (t) => {
  const cluster = await openCluster(t)
  await cluster.agent('one')
  const run = await cluster.trigger(`on: push
jobs:
  silent:
    runs-on: ubuntu-latest
    steps:
      - run: echo begun; sleep 60
      - if: always()
        run: echo after
`)
  await untilLog(cluster, run, 'silent', 'begun\n')
  await cluster.cancel(run)
  assert.deepEqual(await conclusions(cluster, run), { silent: 'cancelled', run: 'cancelled' })
  assert.match(await cluster.log(run, 'silent'), /Z after\n/)
})

test('a message that is no token of the dispatcher is refused and recorded; others run on', async (t) => {
  const cluster = await openCluster(t)
  const one = await cluster.agent('one')
  await cluster.send('not.a.token')
  const run = await cluster.trigger(LINES.replace('1 40', '1 2'))
  assert.equal((await conclusions(cluster, run))['count'], 'success')
  assert.ok(one.log.some((line) => line === 'message-refused {"why":"malformed","receives":1}'))
})

test('an agent takes no more jobs than it has slots', async (t) => {
  const cluster = await openCluster(t)
  const one = await cluster.agent('one', { slots: 1 })
  const run = await cluster.trigger(`on: push
jobs:
  many:
    runs-on: ubuntu-latest
    strategy: { matrix: { n: [1, 2, 3] } }
    steps:
      - run: echo hello
`)
  let most = 0
  for await (const _ of cluster.events(run)) most = Math.max(most, one.agent.active)
  const success = { 'many.0': 'success', 'many.1': 'success', 'many.2': 'success', run: 'success' }
  assert.deepEqual(await conclusions(cluster, run), success)
  assert.equal(most, 1)
})
