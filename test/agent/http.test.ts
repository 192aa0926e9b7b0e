import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import test from 'node:test'
import { createDispatcherClient } from '../../agent/dispatcher/http.ts'
import type { Fetch } from '../../agent/http.ts'
import { createHttpQueue } from '../../agent/queue/http.ts'
import { VERSION } from '../../agent/version.ts'
import packageJson from '../../package.json' with { type: 'json' }
import { generateKeyPair, verify } from '../../shared/sign.ts'
import { systemClock } from './run-workflow.ts'

const key = await generateKeyPair()
const ref = { run: 1, runAttempt: 1, job: 'build', try: 0 }
const owner = { ref, epoch: 1, token: 'job-token' }
const { signal } = new AbortController()

function clientOf(fetch: Fetch) {
  const identity = { agent: 'one', cluster: 'here', issuer: 'test', key: key.signing, clock: systemClock }
  const options = { url: 'http://dispatcher.test', fetch, ...identity }
  return {
    dispatcher: createDispatcherClient({ ...options, version: VERSION, keyIds: ['k'] }),
    queue: createHttpQueue(options),
  }
}

function answering(status: number, body: unknown, type = 'application/json'): Fetch {
  return () => new Response(JSON.stringify(body), { status, headers: { 'content-type': type } })
}

function refusing(status: number, code: string): Fetch {
  return answering(status, { type: `urn:longshore:${code}`, title: 'No', status }, 'application/problem+json')
}

test('the version told is that of the package', () => {
  assert.equal(VERSION, packageJson.version)
})

test('a claim is signed by the agent: its id, its cluster, for this dispatcher', async () => {
  let seen: Request | undefined
  const { dispatcher } = clientOf((request) => {
    seen = request
    return Response.json({ kind: 'busy' })
  })
  assert.deepEqual(await dispatcher.claim(ref, 3, signal), { kind: 'busy' })
  assert.ok(seen)
  assert.deepEqual(await seen.json(), { ...ref, offer: 3 })
  const token = seen.headers.get('authorization')?.replace('Bearer ', '') ?? ''
  const verified = await verify(token, [key.verify], {
    type: 'longshore-agent+jwt',
    nowMs: Date.now(),
    audience: 'test',
    issuer: 'one',
  })
  assert.ok(verified.ok)
  assert.equal(verified.claims['cluster'], 'here')
})

test('what a refusal means stands in its type', async () => {
  const started = (fetch: Fetch) => clientOf(fetch).dispatcher.started(owner, signal)
  await assert.rejects(started(refusing(409, 'superseded')), { code: 'superseded', retry: 'never' })
  await assert.rejects(started(refusing(409, 'conflict')), { code: 'conflict', retry: 'never' })
  await assert.rejects(started(refusing(409, 'run-closed')), { code: 'superseded', retry: 'never' })
  await assert.rejects(started(refusing(400, 'bad-request')), { code: 'refused', retry: 'never' })
  await assert.rejects(started(refusing(401, 'unauthorized')), { code: 'unauthorized', retry: 'later' })
  await assert.rejects(started(refusing(503, 'unavailable')), { code: 'unreachable', retry: 'later' })
})

test('what does not come from the dispatcher decides nothing', async () => {
  const claim = (fetch: Fetch) => clientOf(fetch).dispatcher.claim(ref, 0, signal)
  const unreachable = { code: 'unreachable', retry: 'later' }
  await assert.rejects(
    claim(() => Promise.reject(new TypeError('fetch failed'))),
    unreachable,
  )
  await assert.rejects(
    claim(() => new Response('<h1>Not found</h1>', { status: 404 })),
    unreachable,
  )
  await assert.rejects(
    claim(() => new Response('<h1>Welcome</h1>')),
    unreachable,
  )
  await assert.rejects(claim(answering(200, { kind: 'mine' })), unreachable)
})

test('a heartbeat that is not answered for each job decides nothing', async () => {
  const { dispatcher } = clientOf(answering(200, { jobs: [] }))
  await assert.rejects(dispatcher.heartbeat(1, [owner], signal), { code: 'unreachable', retry: 'later' })
})

test('a bundle is held against its hash and its size', async () => {
  const bytes = Buffer.from('a bundle')
  const sha256 = createHash('sha256').update(bytes).digest('hex')
  let path = ''
  const { dispatcher } = clientOf((request) => {
    path = new URL(request.url).pathname
    return new Response(bytes)
  })
  const get = (source: { sha256: string; sizeBytes: number }) => dispatcher.bundle(owner, 'me/mine', source, signal)
  assert.equal(Buffer.from(await get({ sha256, sizeBytes: bytes.length })).toString(), 'a bundle')
  assert.equal(path, `/v1/bundles/me/mine/${sha256}`)
  await assert.rejects(get({ sha256: '0'.repeat(64), sizeBytes: bytes.length }), { code: 'bad-bundle' })
  await assert.rejects(get({ sha256, sizeBytes: 3 }), { code: 'answer-too-large' })
})

test('a poll asks for no more than a poll may bring, and is ended by its signal', async () => {
  let asked: unknown
  const { queue } = clientOf(async (request) => {
    asked = await request.json()
    return Response.json({ messages: [] })
  })
  assert.deepEqual(await queue.receive(50, signal), [])
  assert.deepEqual(asked, { max: 10, waitS: 20, visibilityS: 60 })
  const stop = new AbortController()
  const arrived = Promise.withResolvers<void>()
  const { queue: slow } = clientOf((request) => {
    arrived.resolve()
    return new Promise((_, reject) => request.signal.addEventListener('abort', () => reject(request.signal.reason)))
  })
  const waiting = slow.receive(1, stop.signal)
  await arrived.promise
  stop.abort(new Error('stop'))
  await assert.rejects(waiting, { message: 'stop' })
  await assert.rejects(slow.receive(1, stop.signal), { message: 'stop' })
})
