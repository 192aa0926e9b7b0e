/** A dispatcher with its queue and store in memory, and agents of one cluster on real processes: everything but the network. */
import assert from 'node:assert/strict'
import { createHash, randomBytes } from 'node:crypto'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { TestContext } from 'node:test'
import type { AgentLog } from '../../agent/agent-log.ts'
import { createDispatcherClient } from '../../agent/dispatcher/http.ts'
import type { Fetch } from '../../agent/http.ts'
import { type Agent, createAgent } from '../../agent/main.ts'
import { createNotice } from '../../agent/notice.ts'
import { createProcessesBackend } from '../../agent/processes.ts'
import { createHttpQueue } from '../../agent/queue/http.ts'
import { staticSecrets } from '../../agent/secrets.ts'
import type { TrustedIssuer } from '../../agent/verification.ts'
import { linesOf } from '../../cli/text.ts'
import { createDispatcher, type Ports } from '../../functions/app.ts'
import { createMemoryQueue } from '../../functions/queue/memory.ts'
import { createMemoryStore } from '../../functions/store/memory.ts'
import { createMemoryWake } from '../../functions/wake.ts'
import { type RunEvent, runEventSchema } from '../../shared/event.ts'
import { generateKeyPair, type SigningKey } from '../../shared/sign.ts'
import { type TriggerRequest, triggeredSchema } from '../../shared/trigger.ts'
import { systemClock } from './run-workflow.ts'

const TOKEN = 'a-person-token'
const ISSUER = 'test'
const URL_BASE = 'http://dispatcher.test'

export interface RunningAgent {
  readonly agent: Agent
  readonly log: readonly string[]
  /** Resolves when it has logged this event. */
  logged(event: string): Promise<void>
  /** Tells it to stop and waits until it has. */
  stop(): Promise<void>
}

export interface Cluster {
  /** While true, no agent reaches the dispatcher. */
  away: boolean
  trigger(workflow: string, more?: Partial<TriggerRequest>): Promise<number>
  cancel(run: number): Promise<void>
  /** A new agent, running. */
  agent(id: string, options?: { slots?: number; onStop?: 'leave' | 'finish' }): Promise<RunningAgent>
  /** All events of a run, to its end. */
  events(run: number): AsyncGenerator<RunEvent>
  log(run: number, job: string): Promise<string>
  send(body: string): Promise<void>
  readonly clusterName: string
}

/** Everything is gone after the test: its agents stop first. */
export async function openCluster(t: TestContext, secrets: { readonly [name: string]: string } = {}): Promise<Cluster> {
  const keys = { dispatcher: await generateKeyPair(), agent: await generateKeyPair() }
  const folder = await mkdtemp(join(tmpdir(), 'longshore-test-'))
  const stops: (() => Promise<void>)[] = []
  t.after(async () => {
    for (const stop of stops) await stop()
    await rm(folder, { recursive: true, force: true })
  })
  const queue = createMemoryQueue(systemClock)
  const ports: Ports = {
    store: createMemoryStore(),
    queue,
    receive: queue,
    clock: systemClock,
    wake: createMemoryWake(systemClock),
    random: () => randomBytes(16),
    config: {
      issuer: ISSUER,
      url: URL_BASE,
      signingKeys: [keys.dispatcher.signing],
      clusters: [{ name: 'here', agentKeys: [keys.agent.verify] }],
      tokens: [{ name: 'ada', sha256: createHash('sha256').update(TOKEN).digest('hex') }],
    },
    report: (failure) => assert.fail(String(failure)),
  }
  const app = createDispatcher(ports)
  const call = (path: string, init: RequestInit = {}): Promise<Response> =>
    Promise.resolve(app.request(path, { ...init, headers: { authorization: `Bearer ${TOKEN}` } }))
  const cluster: Cluster = {
    away: false,
    clusterName: 'here',
    send: (body) => queue.send('here', body, 'test'),
    trigger: async (text, more = {}) => {
      const body = JSON.stringify({ workflow: { file: '.github/workflows/ci.yml', text }, ...more })
      const answer = await call('/v1/runs', { method: 'POST', body })
      assert.equal(answer.status, 202, await answer.clone().text())
      return triggeredSchema.parse(await answer.json()).run
    },
    cancel: async (run) => {
      assert.ok((await call(`/v1/runs/${run}/cancel`, { method: 'POST' })).ok)
    },
    agent: async (id, options = {}) => {
      const fetch: Fetch = (request) => {
        if (cluster.away) throw new TypeError('connection refused')
        return app.fetch(request)
      }
      const trusted = { issuer: ISSUER, keys: [keys.dispatcher.verify] }
      const running = await startAgent(t, { id, folder, fetch, key: keys.agent.signing, trusted, secrets, ...options })
      stops.push(running.stop)
      return running
    },
    async *events(run) {
      const answer = await call(`/v1/runs/${run}/events`)
      assert.equal(answer.status, 200)
      assert.ok(answer.body)
      for await (const lines of linesOf(answer.body)) {
        for (const line of lines) if (line !== '') yield runEventSchema.parse(JSON.parse(line))
      }
    },
    log: async (run, job) => (await call(`/v1/runs/${run}/jobs/${job}/log`)).text(),
  }
  return cluster
}

interface AgentSetting {
  readonly id: string
  readonly folder: string
  readonly fetch: Fetch
  readonly key: SigningKey
  readonly trusted: TrustedIssuer
  readonly secrets: { readonly [name: string]: string }
  readonly slots?: number
  readonly onStop?: 'leave' | 'finish'
}

async function startAgent(t: TestContext, setting: AgentSetting): Promise<RunningAgent> {
  const { id, folder, fetch, key, trusted, secrets, slots = 2, onStop = 'leave' } = setting
  const backend = await createProcessesBackend({
    folder,
    agent: id,
    supervisorPath: new URL('../../agent/supervisor/main.ts', import.meta.url),
    hostEnv: { PATH: process.env['PATH'] },
    clock: systemClock,
  })
  const endpoint = { url: URL_BASE, fetch, agent: id, cluster: 'here', issuer: ISSUER, key, clock: systemClock }
  const keyIds = trusted.keys.map(({ kid }) => kid)
  const { log, logged, written } = listen(t)
  const agent = createAgent({
    id,
    cluster: 'here',
    slots,
    queue: createHttpQueue({ ...endpoint, waitS: 0.2 }),
    dispatcher: createDispatcherClient({ ...endpoint, version: '0.1.0', keyIds }),
    backend,
    secrets: staticSecrets(secrets),
    trusted,
    clock: systemClock,
    log: written,
    heartbeatMs: 100,
    onStop,
  })
  const stopping = new AbortController()
  const running = agent.run(stopping.signal)
  let stopped: Promise<void> | undefined
  const stop = (): Promise<void> => {
    stopping.abort()
    stopped ??= running.then(() => backend.close())
    return stopped
  }
  return { agent, log, logged, stop }
}

/** What an agent logs, and a way to wait for it. */
function listen(t: TestContext): Pick<RunningAgent, 'log' | 'logged'> & { readonly written: AgentLog } {
  const log: string[] = []
  const changed = createNotice()
  return {
    log,
    async logged(event) {
      while (!log.some((line) => line.startsWith(`${event} `))) await changed.wait(t.signal)
    },
    written: {
      write(_level, event, fields) {
        log.push(`${event} ${JSON.stringify(fields)}`)
        changed.notify()
      },
    },
  }
}

/** How each job of a run ended, once it has. */
export async function conclusions(cluster: Cluster, run: number): Promise<{ [job: string]: string | undefined }> {
  const found: { [job: string]: string | undefined } = {}
  for await (const event of cluster.events(run)) {
    if (event.kind === 'job-state' && event.state === 'done') found[event.job] = event.conclusion
    if (event.kind === 'run-ended') found['run'] = event.conclusion
  }
  return found
}
