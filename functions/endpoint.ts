/** Every address of the dispatcher, for its OpenAPI document. A test holds it against the app's own routes. */
import type * as z from 'zod'
import { runEventSchema } from '../shared/event.ts'
import {
  AGENT_PATHS,
  claimAnswerSchema,
  claimRequestSchema,
  deleteRequestSchema,
  endedRequestSchema,
  eventsAnswerSchema,
  eventsRequestSchema,
  extendRequestSchema,
  heartbeatAnswerSchema,
  heartbeatRequestSchema,
  receiveAnswerSchema,
  receiveRequestSchema,
  startedRequestSchema,
  takenOverAnswerSchema,
  takenOverRequestSchema,
} from '../shared/protocol.ts'
import { rerunSchema, runSchema, runsSchema, triggeredSchema, triggerSchema } from '../shared/trigger.ts'

/** One address: who may ask there, what it takes and what it answers with. */
export interface Endpoint {
  readonly method: 'get' | 'post' | 'put'
  /** As OpenAPI writes it: `/v1/runs/{run}`. */
  readonly path: string
  readonly summary: string
  /** Who may ask. */
  readonly who: 'anybody' | 'person' | 'person or job' | 'agent' | 'job'
  readonly query?: readonly string[]
  readonly headers?: readonly string[]
  readonly takes?: Content
  readonly status: number
  /** Another success, with the same body. */
  readonly otherwise?: { readonly status: number; readonly description: string }
  readonly gives?: Content
}

/** A body: JSON of a schema under its name, or a media type of its own. */
export type Content = Named | { readonly types: readonly string[]; readonly schema?: Named }

/** A schema under its name in the document. */
export interface Named {
  readonly name: string
  readonly of: z.ZodType
  /** A body that the schema takes, to start from. */
  readonly example?: unknown
}

function named<S extends z.ZodType>(name: string, of: S, example?: z.input<S>): Named {
  return { name, of, ...(example === undefined ? {} : { example }) }
}

const HELLO = 'on: push\njobs:\n  hello:\n    runs-on: ubuntu-latest\n    steps:\n      - run: echo hello\n'
const RUN = '/v1/runs/{run}'
const BUNDLE = '/v1/bundles/{owner}/{name}/{sha256}'
const GZIP = { types: ['application/gzip'] }
const TRIGGERED = named('Triggered', triggeredSchema)

const PEOPLE: readonly Endpoint[] = [
  { method: 'get', path: '/healthz', summary: 'Whether it answers', who: 'anybody', status: 200 },
  { method: 'get', path: '/openapi.json', summary: 'This document', who: 'anybody', status: 200 },
  {
    method: 'post',
    path: '/v1/runs',
    summary: 'Trigger a run. With an Idempotency-Key the same request gives the same run',
    who: 'person',
    headers: ['Idempotency-Key'],
    takes: named('Trigger', triggerSchema, { workflow: { file: '.github/workflows/hello.yml', text: HELLO } }),
    status: 202,
    gives: TRIGGERED,
  },
  {
    method: 'get',
    path: '/v1/runs',
    summary: 'Runs, newest first',
    who: 'person',
    query: ['after'],
    status: 200,
    gives: named('Runs', runsSchema),
  },
  {
    method: 'get',
    path: RUN,
    summary: 'A run and its jobs',
    who: 'person',
    status: 200,
    gives: named('Run', runSchema),
  },
  {
    method: 'get',
    path: `${RUN}/events`,
    summary: 'Events of a run as they come, until it ends; goes on after a cursor',
    who: 'person',
    query: ['cursor', 'runAttempt'],
    headers: ['Last-Event-ID'],
    status: 200,
    gives: { types: ['application/x-ndjson', 'text/event-stream'], schema: named('RunEvent', runEventSchema) },
  },
  {
    method: 'get',
    path: `${RUN}/jobs/{job}/log`,
    summary: "A job's log, or one range of its bytes",
    who: 'person',
    query: ['runAttempt'],
    headers: ['Range'],
    status: 200,
    otherwise: { status: 206, description: 'The range that was asked for' },
    gives: { types: ['text/plain'] },
  },
  { method: 'post', path: `${RUN}/cancel`, summary: 'Cancel a run', who: 'person', status: 202 },
  {
    method: 'post',
    path: `${RUN}/rerun`,
    summary: 'Run jobs again, with all that need them',
    who: 'person',
    takes: named('Rerun', rerunSchema, { jobs: 'failed' }),
    status: 202,
    gives: TRIGGERED,
  },
  {
    method: 'put',
    path: BUNDLE,
    summary: 'Upload a source bundle',
    who: 'person',
    takes: GZIP,
    status: 201,
    otherwise: { status: 200, description: 'It was there already' },
  },
  { method: 'get', path: BUNDLE, summary: 'A source bundle', who: 'person or job', status: 200, gives: GZIP },
]

function posted(path: string, summary: string, who: Endpoint['who'], takes: Named, gives?: Named): Endpoint {
  return { method: 'post', path, summary, who, takes, status: 200, ...(gives === undefined ? {} : { gives }) }
}

const AGENTS: readonly Endpoint[] = [
  posted(
    AGENT_PATHS.receive,
    "Wait for messages of the agent's cluster",
    'agent',
    named('ReceiveRequest', receiveRequestSchema),
    named('ReceiveAnswer', receiveAnswerSchema),
  ),
  posted(AGENT_PATHS.extend, 'Hide a message for longer', 'agent', named('ExtendRequest', extendRequestSchema)),
  posted(AGENT_PATHS.delete, 'End a message', 'agent', named('DeleteRequest', deleteRequestSchema)),
  posted(
    AGENT_PATHS.claim,
    'Take a try that was offered',
    'agent',
    named('ClaimRequest', claimRequestSchema),
    named('ClaimAnswer', claimAnswerSchema),
  ),
  posted(
    AGENT_PATHS.takenOver,
    'Say that a pod was adopted under a higher epoch',
    'agent',
    named('TakenOverRequest', takenOverRequestSchema),
    named('TakenOverAnswer', takenOverAnswerSchema),
  ),
  posted(
    AGENT_PATHS.heartbeat,
    'Ask of all jobs at once whether to go on; renews their tokens',
    'agent',
    named('HeartbeatRequest', heartbeatRequestSchema),
    named('HeartbeatAnswer', heartbeatAnswerSchema),
  ),
  posted(AGENT_PATHS.started, 'Say that steps run', 'job', named('StartedRequest', startedRequestSchema)),
  posted(
    AGENT_PATHS.events,
    'Append events by number',
    'job',
    named('EventsRequest', eventsRequestSchema),
    named('EventsAnswer', eventsAnswerSchema),
  ),
  posted(AGENT_PATHS.ended, 'Say how a try ended', 'job', named('EndedRequest', endedRequestSchema)),
]

/** All of them, in the order of the document: people first, then agents. */
export const ENDPOINTS: readonly Endpoint[] = [...PEOPLE, ...AGENTS]
