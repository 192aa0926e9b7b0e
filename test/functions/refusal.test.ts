/** Whatever is sent to whichever address: it is taken, or refused in the words of RFC 9457, and nothing fails inside. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as fc from 'fast-check'
import { ENDPOINTS, type Endpoint } from '../../functions/endpoint.ts'
import { refusalSchema } from '../../shared/protocol.ts'
import { createWorld, TOKEN, type World } from './world.ts'

const text = fc.oneof(fc.string(), fc.constantFrom('0', '1', '-1', 'a'.repeat(3_000), '0'.repeat(64), '..', '%', '\0'))
const ref = { run: 1, runAttempt: 1, job: 'a', try: 0 }
const WORKFLOW = 'on: push\njobs: { a: { runs-on: x, steps: [{ run: x }] } }'
const body = fc.oneof(
  fc.json(),
  fc.string(),
  fc.uint8Array(),
  fc.constantFrom('', '{}', 'null', '{"__proto__":{}}', JSON.stringify({ ref, epoch: 1, ...ref })),
)
const request = fc.record({
  endpoint: fc.constantFrom(...ENDPOINTS),
  names: fc.array(text, { minLength: 4, maxLength: 4 }),
  query: fc.dictionary(fc.constantFrom('after', 'cursor', 'runAttempt'), text),
  range: text.filter((range) => /^[\x20-\x7e]*$/.test(range)),
  body,
})

test('whatever is sent is taken or refused as a problem with type, title and status', async () => {
  const world = createWorld()
  const tokens = await tokensOf(world)
  await fc.assert(
    fc.asyncProperty(request, async ({ endpoint, names, query, range, body }) => {
      let at = 0
      const path = endpoint.path.replaceAll(/\{\w+\}/g, () => encodeURIComponent(names[at++] ?? ''))
      const headers = { authorization: `Bearer ${tokens[endpoint.who]}`, range }
      const sent = endpoint.method === 'get' ? {} : { body: Buffer.from(body) }
      const init = { method: endpoint.method, headers, signal: AbortSignal.timeout(5_000), ...sent }
      const answer = await world.app.request(`${path}?${new URLSearchParams(query)}`, init)
      if (answer.ok) return void (await answer.body?.cancel())
      assert.equal(answer.headers.get('content-type'), 'application/problem+json')
      const refusal = refusalSchema.parse(await answer.json())
      assert.equal(refusal.status, answer.status)
      assert.ok(answer.status < 500 && answer.status !== 401, `${answer.status} ${refusal.detail}`)
      assert.match(refusal.type, /^urn:longshore:[a-z-]+$/)
    }),
    { numRuns: 500 },
  )
})

test('an address that is not there, and a method that is not, are refused in the same words', async () => {
  const world = createWorld()
  for (const [method, path] of [
    ['GET', '/'],
    ['GET', '/v1/runs/1/nothing'],
    ['DELETE', '/v1/runs/1'],
    ['PATCH', '/healthz'],
  ] as const) {
    const answer = await world.call(method, path)
    assert.equal(answer.headers.get('content-type'), 'application/problem+json')
    assert.equal(refusalSchema.parse(await answer.json()).type, 'urn:longshore:not-found')
  }
})

/** One that is good for each kind of address, so that what is sent gets past the door. */
async function tokensOf(world: World): Promise<{ readonly [who in Endpoint['who']]: string }> {
  await world.trigger(WORKFLOW)
  const [message] = await world.messages()
  assert.ok(message)
  const agent = world.agent('a1')
  const { token: job } = await agent.hold(message)
  return { anybody: '', person: TOKEN, 'person or job': TOKEN, agent: await agent.ownToken(), job }
}
