/** What agents ask (shared/protocol.ts). Routes only: who asks, parse, one use case, one status. */
import type { Hono } from 'hono'
import {
  AGENT_PATHS,
  claimRequestSchema,
  deleteRequestSchema,
  endedRequestSchema,
  extendRequestSchema,
  heartbeatRequestSchema,
  receiveRequestSchema,
  startedRequestSchema,
  takenOverRequestSchema,
} from '../shared/protocol.ts'
import type { Agent } from './access.ts'
import { parseBatch } from './batch.ts'
import type { Dispatcher } from './dispatcher.ts'
import { ENDED_BODY_BYTES_MAX, EVENTS_BODY_BYTES_MAX, REQUEST_BYTES_MAX } from './limit.ts'
import type { ReceiveSide } from './queue.ts'
import { RefusedError } from './refusal.ts'
import { claim, ended, heartbeat, started, takeEvents, takenOver } from './report.ts'
import { agentOf, assertOwns, bodyOf, jobOf, parseBody } from './request.ts'

export function addAgentRoutes(app: Hono, dispatcher: Dispatcher): void {
  addQueueRoutes(app, dispatcher)
  addOwnershipRoutes(app, dispatcher)
  addJobRoutes(app, dispatcher)
}

function addQueueRoutes(app: Hono, dispatcher: Dispatcher): void {
  app.post(AGENT_PATHS.receive, async (c) => {
    const agent = await agentOf(dispatcher, c)
    const { max, waitS, visibilityS } = parseBody(receiveRequestSchema, await bodyOf(c, REQUEST_BYTES_MAX))
    const queue = queueOf(dispatcher, agent)
    const { signal } = c.req.raw
    const messages = await queue.receive(max, signal, { waitMs: waitS * 1_000, visibilityS })
    if (signal.aborted) for (const message of messages) await queue.extend(message, 0) // nobody reads the answer
    return c.json({ messages })
  })
  app.post(AGENT_PATHS.extend, async (c) => {
    const agent = await agentOf(dispatcher, c)
    const { receipt, visibilityS } = parseBody(extendRequestSchema, await bodyOf(c, REQUEST_BYTES_MAX))
    await queueOf(dispatcher, agent).extend({ receipt }, visibilityS)
    return c.json({})
  })
  app.post(AGENT_PATHS.delete, async (c) => {
    const agent = await agentOf(dispatcher, c)
    await queueOf(dispatcher, agent).delete(parseBody(deleteRequestSchema, await bodyOf(c, REQUEST_BYTES_MAX)))
    return c.json({})
  })
}

function queueOf({ ports }: Dispatcher, agent: Agent): ReceiveSide {
  if (ports.receive === undefined) throw new RefusedError('not-found', "this dispatcher's queue is served elsewhere")
  return ports.receive.of(agent.cluster)
}

function addOwnershipRoutes(app: Hono, dispatcher: Dispatcher): void {
  app.post(AGENT_PATHS.claim, async (c) => {
    const agent = await agentOf(dispatcher, c)
    const asked = parseBody(claimRequestSchema, await bodyOf(c, REQUEST_BYTES_MAX))
    return c.json(await claim(dispatcher, agent, asked))
  })
  app.post(AGENT_PATHS.takenOver, async (c) => {
    const agent = await agentOf(dispatcher, c)
    const asked = parseBody(takenOverRequestSchema, await bodyOf(c, REQUEST_BYTES_MAX))
    return c.json(await takenOver(dispatcher, agent, asked))
  })
  app.post(AGENT_PATHS.heartbeat, async (c) => {
    const agent = await agentOf(dispatcher, c)
    const asked = parseBody(heartbeatRequestSchema, await bodyOf(c, REQUEST_BYTES_MAX))
    return c.json(await heartbeat(dispatcher, agent, asked))
  })
}

function addJobRoutes(app: Hono, dispatcher: Dispatcher): void {
  app.post(AGENT_PATHS.started, async (c) => {
    const owner = await jobOf(dispatcher, c)
    assertOwns(owner, parseBody(startedRequestSchema, await bodyOf(c, REQUEST_BYTES_MAX)))
    await started(dispatcher, owner)
    return c.json({})
  })
  app.post(AGENT_PATHS.events, async (c) => {
    const owner = await jobOf(dispatcher, c)
    const body = await bodyOf(c, EVENTS_BODY_BYTES_MAX)
    const batch = parseBatch(body)
    if (!batch.ok) throw new RefusedError('bad-request', batch.why)
    assertOwns(owner, { ...batch.value.ref, epoch: batch.value.epoch })
    return c.json(await takeEvents(dispatcher, batch.value, body))
  })
  app.post(AGENT_PATHS.ended, async (c) => {
    const owner = await jobOf(dispatcher, c)
    const asked = parseBody(endedRequestSchema, await bodyOf(c, ENDED_BODY_BYTES_MAX))
    assertOwns(owner, asked)
    await ended(dispatcher, owner, asked)
    return c.json({})
  })
}
