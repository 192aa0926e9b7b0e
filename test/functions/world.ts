/** A dispatcher with everything around it in memory, entered by its front door only. */
import assert from 'node:assert/strict'
import { createHash, randomBytes } from 'node:crypto'
import type { Hono } from 'hono'
import { createDispatcher, type DispatcherConfig, type Ports } from '../../functions/app.ts'
import { createMemoryQueue } from '../../functions/queue/memory.ts'
import { createMemoryStore } from '../../functions/store/memory.ts'
import { createMemoryWake } from '../../functions/wake.ts'
import type { Clock } from '../../shared/clock.ts'
import { type RunEvent, runEventSchema } from '../../shared/event.ts'
import type { JobMessage } from '../../shared/message.ts'
import { refusalSchema } from '../../shared/protocol.ts'
import { generateKeyPair } from '../../shared/sign.ts'
import { type RunDescription, runSchema, type TriggerRequest, triggeredSchema } from '../../shared/trigger.ts'
import { createManualClock, type ManualClock } from '../contract/manual-clock.ts'
import { FakeAgent, Refused } from './fake-agent.ts'

export const TOKEN = 'a-person-token'
const ISSUER = 'test'

const keys = {
  dispatcher: await generateKeyPair(),
  here: await generateKeyPair(),
  elsewhere: await generateKeyPair(),
}

export const config: DispatcherConfig = {
  issuer: ISSUER,
  url: 'http://dispatcher.test',
  signingKeys: [keys.dispatcher.signing],
  clusters: [
    { name: 'here', agentKeys: [keys.here.verify] },
    { name: 'elsewhere', agentKeys: [keys.elsewhere.verify] },
  ],
  tokens: [{ name: 'ada', sha256: createHash('sha256').update(TOKEN).digest('hex') }],
}

export interface World {
  readonly app: Hono
  readonly ports: Ports
  readonly clock: ManualClock
  /** An agent of the cluster `here`, or of another. */
  agent(id: string, cluster?: 'here' | 'elsewhere'): FakeAgent
  call(method: string, path: string, init?: RequestInit): Promise<Response>
  trigger(workflow: string, more?: Partial<TriggerRequest>, headers?: HeadersInit): Promise<number>
  describe(run: number): Promise<RunDescription>
  /** The messages that are on the queue of `here` now, each taken once. */
  messages(): Promise<readonly JobMessage[]>
  events(run: number, query?: string): AsyncGenerator<RunEvent>
}

/** `over` replaces ports: another store, another dispatcher on the same store. */
export function createWorld(over: Partial<Ports> = {}): World {
  const clock = createManualClock()
  const queue = createMemoryQueue(clock)
  const ports: Ports = {
    store: createMemoryStore(),
    queue,
    receive: queue,
    clock,
    wake: createMemoryWake(clock),
    random: () => randomBytes(16),
    config,
    report: (failure) => assert.fail(String(failure instanceof Error ? failure.stack : failure)),
    ...over,
  }
  const app = createDispatcher(ports)
  const agent: World['agent'] = (id, cluster = 'here') => agentOf(app, id, cluster, ports.clock)
  const call: World['call'] = (method, path, init = {}) => {
    const headers = new Headers(init.headers)
    headers.set('authorization', `Bearer ${TOKEN}`)
    return Promise.resolve(app.request(path, { ...init, method, headers }))
  }
  return {
    app,
    ports,
    clock,
    agent,
    call,
    async trigger(workflow, more = {}, headers = {}) {
      const body = { workflow: { file: '.github/workflows/ci.yml', text: workflow }, ...more }
      const answer = await call('POST', '/v1/runs', { body: JSON.stringify(body), headers })
      return triggeredSchema.parse(await jsonOf(answer)).run
    },
    describe: async (run) => runSchema.parse(await jsonOf(await call('GET', `/v1/runs/${run}`))),
    async messages() {
      const received = await (ports.receive ?? queue).of('here').receive(10, AbortSignal.timeout(10_000), { waitMs: 0 })
      return Promise.all(received.map((message) => agent('reader').open(message.body)))
    },
    async *events(run, query = '') {
      const answer = await call('GET', `/v1/runs/${run}/events${query}`)
      assert.equal(answer.status, 200)
      for await (const line of linesOf(answer)) yield runEventSchema.parse(JSON.parse(line))
    },
  }
}

function agentOf(app: Hono, id: string, cluster: 'here' | 'elsewhere', clock: Clock): FakeAgent {
  const dispatcherKeys = [keys.dispatcher.verify]
  const key = keys[cluster].signing
  return new FakeAgent({ app, id, cluster, key, issuer: ISSUER, dispatcherKeys, nowMs: () => clock.nowMs() })
}

/** Rejects with `Refused`. */
export async function jsonOf(answer: Response): Promise<unknown> {
  if (answer.ok) return answer.json()
  throw new Refused(answer.status, refusalSchema.parse(await answer.json()))
}

async function* linesOf(answer: Response): AsyncGenerator<string> {
  assert.ok(answer.body)
  let rest = ''
  const decoder = new TextDecoder()
  for await (const chunk of answer.body) {
    const lines = (rest + decoder.decode(chunk, { stream: true })).split('\n')
    rest = lines.pop() ?? ''
    yield* lines
  }
  assert.equal(rest, '', 'the last line is whole')
}
