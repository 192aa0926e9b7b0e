import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { test } from 'node:test'
import { refusalSchema } from '../../shared/protocol.ts'
import { writeTarGz } from '../../shared/tar.ts'
import { runsSchema } from '../../shared/trigger.ts'
import { Refused } from './fake-agent.ts'
import { mortal } from './mortal-store.ts'
import { createWorld, jsonOf, TOKEN } from './world.ts'

const ONE = 'on: push\njobs: { one: { runs-on: x, steps: [{ run: echo }] } }'
const TWO = 'on: push\njobs: { two: { runs-on: x, steps: [{ run: echo }] } }'

const keyed = (key: string): HeadersInit => ({ 'idempotency-key': key })

function refused(code: string): (error: unknown) => boolean {
  return (error) => error instanceof Refused && error.code === code
}

test('a trigger that is repeated with its key finds its run, and the job is offered once', async () => {
  const world = createWorld()
  const runs = await Promise.all(Array.from({ length: 5 }, () => world.trigger(ONE, {}, keyed('k'))))
  assert.equal(new Set(runs).size, 1)
  assert.equal((await world.messages()).length, 1)
})

test('a key that was used with another request is refused aloud', async () => {
  const world = createWorld()
  await world.trigger(ONE, {}, keyed('k'))
  await assert.rejects(world.trigger(TWO, {}, keyed('k')), refused('key-reused'))
})

test('the same key means another run for another repository, and no key always does', async () => {
  const world = createWorld()
  const runs = [
    await world.trigger(ONE, {}, keyed('k')),
    await world.trigger(ONE, { ref: { repository: 'octo/cat' } }, keyed('k')),
    await world.trigger(ONE),
    await world.trigger(ONE),
  ]
  assert.equal(new Set(runs).size, 4)
  for (const run of runs) assert.ok(Number.isSafeInteger(run) && run > 0)
})

test('half a trigger is completed by whoever repeats it, wherever its dispatcher died', async () => {
  for (let writes = 0; writes < 8; writes++) {
    const world = createWorld()
    const frail = mortal(world.ports.store)
    frail.dieAfter(writes)
    const dying = createWorld({ ...world.ports, store: frail.store, report: () => undefined })
    const body = JSON.stringify({ workflow: { file: 'ci.yml', text: ONE } })
    await dying.call('POST', '/v1/runs', { body, headers: keyed('k') })
    const run = await world.trigger(ONE, { workflow: { file: 'ci.yml', text: ONE } }, keyed('k'))
    const { runs } = runsSchema.parse(await jsonOf(await world.call('GET', '/v1/runs')))
    assert.deepEqual(
      runs.map((one) => [one.run, one.runNumber]),
      [[run, 1]],
      `dead at write ${writes}`,
    )
    assert.equal((await world.describe(run)).jobs[0]?.state, 'queued')
  }
})

test('run numbers count the runs of a workflow, one each, even when they are triggered at once', async () => {
  const world = createWorld()
  const runs = await Promise.all(Array.from({ length: 20 }, () => world.trigger(ONE)))
  const numbers = await Promise.all(runs.map(async (run) => (await world.describe(run)).runNumber))
  assert.deepEqual(
    numbers.toSorted((a, b) => a - b),
    Array.from({ length: 20 }, (_, at) => at + 1),
  )
  const other = await world.trigger(ONE, { workflow: { file: 'other.yml', text: ONE } })
  assert.equal((await world.describe(other)).runNumber, 1)
})

test('an invalid workflow is refused with all its problems and their places, and leaves no run', async () => {
  const world = createWorld()
  const text = 'on: push\njobs:\n  a:\n    runs-on: x\n    needs: [b]\n    steps: []\n'
  await assert.rejects(world.trigger(text), (error) => {
    assert.ok(error instanceof Refused && error.status === 422)
    assert.ok((error.body.problems ?? []).length >= 2)
    for (const problem of error.body.problems ?? []) assert.ok(problem.line > 0 && problem.remedy !== '')
    return true
  })
  assert.deepEqual(await jsonOf(await world.call('GET', '/v1/runs')), { runs: [] })
})

test('a body that is not a trigger is refused with every mistake in it', async () => {
  const world = createWorld()
  const answer = await world.call('POST', '/v1/runs', { body: JSON.stringify({ event: 1, vars: { a: 1 } }) })
  assert.equal(answer.status, 400)
  const { problems = [] } = refusalSchema.parse(await answer.json())
  assert.deepEqual(
    problems.map(({ message }) => message.split(':')[0]),
    ['`workflow`', '`event`', '`vars.a`'],
  )
})

test('the list of runs is newest first and goes on page by page', async () => {
  const world = createWorld()
  const runs: number[] = []
  for (let at = 0; at < 60; at++) {
    runs.push(await world.trigger(ONE))
    world.clock.advance(1)
  }
  const first = runsSchema.parse(await jsonOf(await world.call('GET', '/v1/runs')))
  const second = runsSchema.parse(await jsonOf(await world.call('GET', `/v1/runs?after=${first.next}`)))
  const listed = [...first.runs, ...second.runs].map(({ run }) => run)
  assert.deepEqual(listed, runs.toReversed())
  assert.equal('next' in second, false)
})

async function bundleOf(files: {
  readonly [path: string]: string
}): Promise<{ readonly body: Uint8Array<ArrayBuffer>; readonly sha256: string }> {
  const entries = Object.entries(files).map(([path, text]) => {
    return { kind: 'file' as const, path, mode: 0o644, bytes: new TextEncoder().encode(text) }
  })
  const body = await writeTarGz(entries)
  return { body, sha256: createHash('sha256').update(body).digest('hex') }
}

test('the workflow of a trigger without text is read from its source bundle, which jobs may fetch', async () => {
  const world = createWorld()
  const { body, sha256 } = await bundleOf({ 'ci.yml': ONE })
  const address = `/v1/bundles/octo/cat/${sha256}`
  assert.equal((await world.call('HEAD', address)).status, 404)
  assert.equal((await world.call('PUT', address, { body })).status, 201)
  assert.equal((await world.call('PUT', address, { body })).status, 200)
  assert.equal((await world.call('HEAD', address)).status, 200)
  const source = { sha256, sizeBytes: body.byteLength }
  const ref = { repository: 'octo/cat' }
  await world.trigger('', { workflow: { file: 'ci.yml' }, source, ref })
  const [message] = await world.messages()
  assert.ok(message)
  assert.deepEqual(message.spec.source, source)
  const held = await world.agent('a').hold(message)
  const fetched = await world.app.request(address, { headers: { authorization: `Bearer ${held.token}` } })
  assert.deepEqual(new Uint8Array(await fetched.arrayBuffer()), body)
  const stranger = await bundleOf({ 'secret.txt': 'x' })
  const elsewhere = `/v1/bundles/octo/dog/${stranger.sha256}`
  await world.call('PUT', elsewhere, { body: stranger.body })
  const denied = await world.app.request(elsewhere, { headers: { authorization: `Bearer ${held.token}` } })
  assert.equal(denied.status, 403)
})

test('a trigger whose bundle is not there is refused, after it was referred to', async () => {
  const world = createWorld()
  const sha256 = 'a'.repeat(64)
  await assert.rejects(world.trigger(ONE, { source: { sha256, sizeBytes: 1 } }), refused('invalid'))
  const references: string[] = []
  for await (const key of world.ports.store.list('bundle-ref/')) references.push(key)
  assert.equal(references.length, 1)
})

test('a bundle under another hash, or that is no gzipped tar, is refused', async () => {
  const world = createWorld()
  const { body } = await bundleOf({ a: 'a' })
  const wrong = await world.call('PUT', `/v1/bundles/octo/cat/${'0'.repeat(64)}`, { body })
  assert.equal(wrong.status, 400)
  const text = new TextEncoder().encode('no tar')
  const sha256 = createHash('sha256').update(text).digest('hex')
  assert.equal((await world.call('PUT', `/v1/bundles/octo/cat/${sha256}`, { body: text })).status, 400)
})

test('nobody comes in without a token that is known here, and no answer says what was compared', async () => {
  const { app } = createWorld()
  const tokens = [undefined, 'Bearer', 'Bearer x', `Bearer ${TOKEN}x`, `Bearer ${TOKEN.slice(0, -1)}`, `Basic ${TOKEN}`]
  for (const authorization of tokens)
    for (const [method, path] of [
      ['GET', '/v1/runs'],
      ['POST', '/v1/runs'],
      ['GET', '/v1/runs/1/events'],
      ['POST', '/v1/agent/claim'],
      ['POST', '/v1/agent/events'],
    ] as const) {
      const answer = await app.request(path, { method, headers: authorization === undefined ? {} : { authorization } })
      assert.equal(answer.status, 401, `${method} ${path}`)
      assert.equal((await answer.text()).includes(TOKEN.slice(0, 5)), false)
    }
})

test('a body over its limit is refused before it is read', async () => {
  const world = createWorld()
  const endless = new ReadableStream<Uint8Array>({
    pull: (controller) => controller.enqueue(new Uint8Array(1_048_576)),
  })
  const streamed = await world.call('POST', '/v1/runs', { body: endless, duplex: 'half' } as RequestInit)
  assert.equal(streamed.status, 413)
  const said = await world.call('POST', '/v1/runs', { body: 'x', headers: { 'content-length': '999999999' } })
  assert.equal(said.status, 413)
})

test('a run is called by its run-name, or by its workflow where that says nothing', async () => {
  const world = createWorld()
  const named = (text: string) => ONE.replace('on: push', `on: push\nname: CI\nrun-name: ${text}`)
  const nameOf = async (run: number) => (await world.describe(run)).name
  assert.equal(
    await nameOf(await world.trigger(named('by ${{ github.actor }}, ${{ vars.X }}'), { vars: { X: 'x' } })),
    'by local, x',
  )
  assert.equal(await nameOf(await world.trigger(named('${{ vars.none }}'))), 'CI')
  assert.equal(await nameOf(await world.trigger(ONE)), '.github/workflows/ci.yml')
})

test('a repository whose name is longer than any is refused, in a trigger and in an address', async () => {
  const world = createWorld()
  const repository = `octo/${'a'.repeat(101)}`
  await assert.rejects(world.trigger(ONE, { ref: { repository } }), /^Error: 400 /)
  const answer = await world.call('GET', `/v1/bundles/${repository}/${'0'.repeat(64)}`)
  assert.equal(refusalSchema.parse(await answer.json()).type, 'urn:longshore:not-found')
})
