/** The dispatcher over HTTP (shared/protocol.ts). In the dispatcher's own process, `fetch` is its app's. */
import { createHash } from 'node:crypto'
import * as z from 'zod'
import { LongshoreError } from '../../shared/error.ts'
import type { SourceRef } from '../../shared/plan.ts'
import {
  AGENT_PATHS,
  claimAnswerSchema,
  eventsAnswerSchema,
  heartbeatAnswerSchema,
  takenOverAnswerSchema,
} from '../../shared/protocol.ts'
import type { Dispatcher, Ownership } from '../dispatcher.ts'
import { type Endpoint, exchange, post } from '../http.ts'
import { type AgentIdentity, createTokenSource } from '../token.ts'

/** Where the dispatcher is, and as whom this agent speaks to it. */
export interface DispatcherClientOptions extends Endpoint, AgentIdentity {
  /** Of the agent; told with each heartbeat. */
  readonly version: string
  /** Key ids of the dispatcher's signing keys that this agent trusts; told with each heartbeat. */
  readonly keyIds: readonly string[]
}

const nothing = z.object({})

export function createDispatcherClient(options: DispatcherClientOptions): Dispatcher {
  const own = createTokenSource(options)
  return {
    claim: async (ref, offer, signal) =>
      post(options, AGENT_PATHS.claim, await own(), { ...ref, offer }, claimAnswerSchema, signal),
    takenOver: async (ref, epoch, signal) => {
      const asked = { ...ref, epoch }
      const answer = await post(options, AGENT_PATHS.takenOver, await own(), asked, takenOverAnswerSchema, signal)
      const { token, ...held } = answer
      return { token, held }
    },
    started: async (owner, signal) => {
      await post(options, AGENT_PATHS.started, owner.token, named(owner), nothing, signal)
    },
    events: (owner, from, events, signal) =>
      post(options, AGENT_PATHS.events, owner.token, { ...named(owner), from, events }, eventsAnswerSchema, signal),
    ended: async (owner, end, signal) => {
      await post(options, AGENT_PATHS.ended, owner.token, { ...named(owner), ...end }, nothing, signal)
    },
    heartbeat: async (slots, owners, signal) => {
      const asked = { version: options.version, slots, keys: options.keyIds, jobs: owners.map(named) }
      const answer = await post(options, AGENT_PATHS.heartbeat, await own(), asked, heartbeatAnswerSchema, signal)
      if (answer.jobs.length === owners.length) return answer.jobs
      throw new LongshoreError('unreachable', 'later', 'the heartbeat was not answered for each job')
    },
    bundle: (owner, repository, source, signal) => fetchBundle(options, owner, repository, source, signal),
  }
}

function named({ ref, epoch }: Ownership) {
  return { ...ref, epoch }
}

async function fetchBundle(
  endpoint: Endpoint,
  owner: Ownership,
  repository: string,
  { sha256, sizeBytes }: SourceRef,
  signal: AbortSignal,
): Promise<Uint8Array> {
  const request = new Request(new URL(`/v1/bundles/${repository}/${sha256}`, endpoint.url), {
    headers: { authorization: `Bearer ${owner.token}` },
    signal,
  })
  const bytes = await exchange(endpoint, request, sizeBytes, signal)
  if (createHash('sha256').update(bytes).digest('hex') === sha256) return bytes
  throw new LongshoreError('bad-bundle', 'never', 'the source bundle is not the one that the run was started with')
}
