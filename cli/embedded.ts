/**
 * Dispatcher, queue and agent in this process, for the time of its runs: the composition root of `longshore run`. The same parts as on a server; the dispatcher
 * is asked through its own `fetch`, keys and token are made now and forgotten at the end.
 */
import { createHash, randomBytes } from 'node:crypto'
import { mkdtemp, rm } from 'node:fs/promises'
import { availableParallelism, tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import type { AgentLog } from '../agent/agent-log.ts'
import { createDispatcherClient } from '../agent/dispatcher/http.ts'
import { type Agent, createAgent } from '../agent/main.ts'
import { createProcessesBackend, type ProcessesBackend } from '../agent/processes.ts'
import { staticSecrets } from '../agent/secrets.ts'
import { VERSION } from '../agent/version.ts'
import { createDispatcher, type DispatcherConfig } from '../functions/app.ts'
import { probeStore } from '../functions/probe.ts'
import { createMemoryQueue } from '../functions/queue/memory.ts'
import { createDirectoryStore } from '../functions/store/directory.ts'
import { createMemoryWake } from '../functions/wake.ts'
import type { Clock } from '../shared/clock.ts'
import { LongshoreError } from '../shared/error.ts'
import { generateKeyPair, type SigningKey, type VerifyKey } from '../shared/sign.ts'
import { createClient } from './client.ts'
import type { Host } from './host.ts'
import { type PrivateBackend, privateBackend } from './private-backend.ts'

/** What a run of one's own needs of the command. */
export interface EmbeddedOptions {
  readonly clock: Clock
  /** Go to the agent and nowhere else. */
  readonly secrets: { readonly [name: string]: string }
  readonly backend: string
  /** Folder of the facts; a temporary one where absent: a run may say more than fits into memory. */
  readonly store: string | undefined
  /** What steps inherit. */
  readonly hostEnv: { readonly [name: string]: string | undefined }
  /** The supervisor's bundle. */
  readonly supervisorPath: URL
  /** Who triggers. */
  readonly person: string
  readonly log: AgentLog
}

const CLUSTER = 'local'
const AGENT = 'local'
/** Never connected to: the app's `fetch` is called. */
const URL_HERE = 'http://longshore.invalid'

/** Between two heartbeats, in milliseconds. They cost nothing here, and bring cancels. */
const HEARTBEAT_MS = 250

export async function startEmbedded(options: EmbeddedOptions): Promise<Host> {
  if (options.backend !== 'processes')
    throw new LongshoreError(
      'no-backend',
      'never',
      `the backend ${options.backend} is not there yet: jobs run with --backend processes`,
    )
  const [dispatcherKeys, agentKeys, folder] = await Promise.all([
    generateKeyPair(),
    generateKeyPair(),
    makeTemporaryFolder(),
  ])
  if (options.store !== undefined) await tryStore(options.store, folder)
  const token = randomBytes(32).toString('hex')
  const config: DispatcherConfig = {
    issuer: `local-${dispatcherKeys.verify.kid}`,
    url: URL_HERE,
    signingKeys: [dispatcherKeys.signing],
    clusters: [{ name: CLUSTER, agentKeys: [agentKeys.verify] }],
    tokens: [{ name: options.person, sha256: createHash('sha256').update(token).digest('hex') }],
  }
  const { fetch, queue } = openDispatcher(options, config, options.store ?? join(folder, 'store'))
  const processes = await createProcessesBackend({ ...options, folder: join(folder, 'work'), agent: AGENT })
  const backend = privateBackend(processes)
  const keys = { dispatcher: dispatcherKeys.verify, agent: agentKeys.signing }
  const agent = openAgent(options, config.issuer, keys, { fetch, queue, backend })
  return hostOf(agent, createClient({ url: URL_HERE, token, fetch }), processes, backend, folder)
}

/** A run that cannot write its first fact would try for ever. */
async function tryStore(store: string, temporary: string): Promise<void> {
  try {
    await probeStore(createDirectoryStore(store), () => new Uint8Array(randomBytes(16)))
  } catch (error) {
    const cause = error instanceof LongshoreError ? (error.cause ?? error) : error
    await rm(temporary, { recursive: true, force: true })
    throw new LongshoreError(
      'no-store',
      'never',
      `--store ${store} cannot keep a run: name a folder that can be written`,
      {
        cause,
      },
    )
  }
}

async function makeTemporaryFolder(): Promise<string> {
  // Made absolute: a job's processes have other working directories.
  const above = resolve(tmpdir())
  try {
    return await mkdtemp(join(above, 'longshore-'))
  } catch (cause) {
    throw new LongshoreError('no-folder', 'never', `no folder can be made in ${above}: let TMPDIR name another`, {
      cause,
    })
  }
}

function openDispatcher({ clock, log }: EmbeddedOptions, config: DispatcherConfig, store: string) {
  const queue = createMemoryQueue(clock)
  const app = createDispatcher({
    store: createDirectoryStore(store),
    queue,
    clock,
    wake: createMemoryWake(clock),
    random: () => new Uint8Array(randomBytes(16)),
    config,
    report: (failure) =>
      log.write('error', 'dispatcher-failed', { message: failure instanceof Error ? failure.message : 'unknown' }),
  })
  return { queue, fetch: async (request: Request): Promise<Response> => app.fetch(request) }
}

interface AgentParts {
  readonly fetch: (request: Request) => Promise<Response>
  readonly queue: ReturnType<typeof createMemoryQueue>
  readonly backend: PrivateBackend
}

function openAgent(
  { clock, secrets, log }: EmbeddedOptions,
  issuer: string,
  keys: { readonly dispatcher: VerifyKey; readonly agent: SigningKey },
  { fetch, queue, backend }: AgentParts,
): Agent {
  return createAgent({
    id: AGENT,
    cluster: CLUSTER,
    slots: Math.max(2, availableParallelism()),
    queue: queue.of(CLUSTER),
    dispatcher: createDispatcherClient({
      url: URL_HERE,
      fetch,
      agent: AGENT,
      cluster: CLUSTER,
      issuer,
      key: keys.agent,
      clock,
      version: VERSION,
      keyIds: [keys.dispatcher.kid],
    }),
    backend,
    secrets: staticSecrets(secrets),
    trusted: { issuer, keys: [keys.dispatcher] },
    clock,
    log,
    heartbeatMs: HEARTBEAT_MS,
    onStop: 'finish',
  })
}

function hostOf(
  agent: Agent,
  client: Host['client'],
  processes: ProcessesBackend,
  backend: PrivateBackend,
  folder: string,
): Host {
  const stop = new AbortController()
  const running = agent.run(stop.signal)
  const clean = async (): Promise<void> => {
    // First the channels: one that is open would look for its supervisor again, and start it anew.
    await processes.close()
    await backend.removeAll()
    await rm(folder, { recursive: true, force: true })
  }
  return {
    client,
    failed: running.then(() => new Promise<never>(() => undefined)),
    async cancel(run) {
      await client.cancel(run)
      await agent.beat()
    },
    async close() {
      stop.abort()
      await running.finally(clean)
    },
    async kill() {
      stop.abort()
      // Its jobs lose their pods; what it says about that is nobody's business any more.
      running.catch(() => undefined)
      await clean()
    },
  }
}
