import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { systemClock } from '../../functions/clock.ts'
import { type Server, serve } from '../../functions/entry/node.ts'
import type { Ports } from '../../functions/ports.ts'
import { createOffersQueue } from '../../functions/queue/offers.ts'
import { createDirectoryStore } from '../../functions/store/directory.ts'
import { createMemoryStore } from '../../functions/store/memory.ts'
import type { Store } from '../../functions/store.ts'
import { createMemoryWake } from '../../functions/wake.ts'
import { triggeredSchema } from '../../shared/trigger.ts'
import { config, createWorld, TOKEN } from './world.ts'

const ONE = 'on: push\njobs: { one: { runs-on: x, steps: [{ run: echo }] } }'
const HERE = { port: 0, host: '127.0.0.1' }
const folder = await mkdtemp(join(tmpdir(), 'longshore-serve-'))
after(() => rm(folder, { recursive: true, force: true }))

/** All that a process of its own would build anew. */
function portsOn(store: Store): Ports {
  const shared = {
    store,
    clock: systemClock,
    wake: createMemoryWake(systemClock),
    random: () => randomBytes(16),
    config,
  }
  const queue = createOffersQueue(shared)
  return { ...shared, queue, receive: queue }
}

async function fetched(server: Server, path: string, init: RequestInit = {}): Promise<Response> {
  return fetch(server.url + path, { ...init, headers: { authorization: `Bearer ${TOKEN}` } })
}

test('a run outlives its dispatcher: another one on the same folder offers, takes and ends it', async (t) => {
  const path = join(folder, 'store')
  const first = portsOn(createDirectoryStore(path))
  const server = await serve(first, HERE)
  t.after(() => server.close())
  const body = JSON.stringify({ workflow: { file: 'ci.yml', text: ONE } })
  const answer = await fetched(server, '/v1/runs', { method: 'POST', body })
  assert.equal(answer.status, 202)
  const { run } = triggeredSchema.parse(await answer.json())
  const before = createWorld(first)
  const [message] = await before.messages()
  assert.ok(message)
  const held = await before.agent('a').hold(message)
  await before.agent('a').events(held, [before.agent('a').line(held, 'before')])
  await server.close()

  const second = portsOn(createDirectoryStore(path))
  const again = await serve(second, HERE)
  t.after(() => again.close())
  const agent = createWorld(second).agent('a')
  await agent.started(held)
  await agent.events(held, [agent.line(held, 'after')])
  await agent.ended(held, 'success')
  assert.equal(await (await fetched(again, `/v1/runs/${run}/jobs/one/log`)).text(), 'before\nafter\n')
  const events = await (await fetched(again, `/v1/runs/${run}/events`)).text()
  assert.equal(events.trimEnd().split('\n').length, 9)
})

test('closing ends polls and viewers that wait, and is idempotent', async (t) => {
  const ports = portsOn(createMemoryStore())
  const server = await serve(ports, HERE)
  t.after(() => server.close())
  const run = await createWorld(ports).trigger(ONE)
  const viewer = await fetched(server, `/v1/runs/${run}/events`)
  const reader = viewer.body?.getReader() ?? assert.fail()
  await reader.read()
  const rest = (async () => {
    while (!(await reader.read()).done);
  })()
  await Promise.all([server.close(), assert.rejects(rest)])
  await server.close()
  await assert.rejects(fetch(server.url))
})

test('a viewer that goes away leaves nothing watching its run', async (t) => {
  let watching = 0
  const ports = portsOn(createMemoryStore())
  const { wake } = ports
  const closed = Promise.withResolvers<void>()
  const counted: Ports = {
    ...ports,
    wake: {
      ...wake,
      watch(run) {
        const watch = wake.watch(run)
        watching += 1
        return {
          changed: (ms, signal) => watch.changed(ms, signal),
          close() {
            watching -= 1
            watch.close()
            closed.resolve()
          },
        }
      },
    },
  }
  const server = await serve(counted, HERE)
  t.after(() => server.close())
  const run = await createWorld(ports).trigger(ONE)
  const leave = new AbortController()
  const viewer = await fetched(server, `/v1/runs/${run}/events`, { signal: leave.signal })
  await viewer.body?.getReader().read()
  assert.equal(watching, 1)
  leave.abort()
  await closed.promise
  assert.equal(watching, 0)
})

test('a store that cannot keep facts is refused before anything listens', async () => {
  const store: Store = { ...createMemoryStore(), async *list() {} }
  await assert.rejects(serve(portsOn(store), HERE), { code: 'store-unfit' })
})
