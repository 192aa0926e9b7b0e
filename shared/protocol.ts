/**
 * What an agent and the dispatcher say to each other over HTTPS. Every request is a POST with a JSON body.
 *
 * Authorization: `Bearer <JWS>` — for `receive`, `extend`, `delete`, `claim`, `taken-over` and `heartbeat` signed by the agent's own key
 * (`agentTokenSchema`), for the rest the token a claim or a take-over answered with, renewed by the heartbeat.
 */
import * as z from 'zod'
import { jobEventSchema } from './event.ts'

/** Paths below the dispatcher's URL. */
export const AGENT_PATHS = {
  receive: '/v1/agent/receive',
  extend: '/v1/agent/extend',
  delete: '/v1/agent/delete',
  claim: '/v1/agent/claim',
  takenOver: '/v1/agent/taken-over',
  heartbeat: '/v1/agent/heartbeat',
  started: '/v1/agent/started',
  events: '/v1/agent/events',
  ended: '/v1/agent/ended',
} as const

/** `job` is a job's id, or `id.index` for a leg of a matrix. Source: GitHub's documentation, "jobs.<job_id>". */
const tryRefSchema = z.object({
  run: z.int().min(1),
  runAttempt: z.int().min(1),
  job: z.string().regex(/^[A-Za-z_][\w-]*(?:\.\d+)?$/, 'is not the key of a job'),
  try: z.int().min(0),
})

/** Claims of an agent's own token: short-lived, made anew by the agent. `iss` is the agent's id, `cluster` where it works. */
export const agentTokenSchema = z.object({ iss: z.string(), cluster: z.string(), aud: z.string(), exp: z.int() })

/** Claims of the token a claim answers with: bound to one try and epoch. */
export const jobTokenSchema = z.object({ ...tryRefSchema.shape, epoch: z.int(), agent: z.string(), exp: z.int() })

/** HTTP long-poll queue. A received message is hidden from others for `visibilityS` seconds. */
export const receiveRequestSchema = z.object({
  max: z.int().min(1).max(10),
  waitS: z.number().min(0).max(20),
  visibilityS: z.int(),
})
/** Signed jobs as they came from the queue; `receives` counts this time too. */
export const receiveAnswerSchema = z.object({
  messages: z.array(z.object({ receipt: z.string(), body: z.string(), receives: z.int() })),
})
/** Hides a received message for `visibilityS` seconds from now; 0 gives it back. */
export const extendRequestSchema = z.object({ receipt: z.string(), visibilityS: z.int() })
/** Ends a message. Idempotent. */
export const deleteRequestSchema = z.object({ receipt: z.string() })

/** Claims the try that was offered; may be repeated after a lost answer. */
export const claimRequestSchema = z.object({ ...tryRefSchema.shape, offer: z.int() })
/**
 * `yours`: this agent holds the try under `epoch` (first claim, a repeated one, or one taken from another agent of the same cluster that
 * had not started it). `busy`: started by another agent, delete the message. `gone`: revoked, ended, or the run is not open.
 */
export const claimAnswerSchema = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('yours'), epoch: z.int(), token: z.string() }),
  z.object({ kind: z.literal('busy') }),
  z.object({ kind: z.literal('gone'), why: z.string() }),
])

/** From here on the try ends where it runs, or is lost. May be repeated. */
export const startedRequestSchema = z.object({ ...tryRefSchema.shape, epoch: z.int() })

/** The pod was adopted under `epoch`, which is higher than any before. */
export const takenOverRequestSchema = z.object({ ...tryRefSchema.shape, epoch: z.int() })
/** What the dispatcher holds of the job's events: the new owner drops exactly this prefix of what it replays. */
export const takenOverAnswerSchema = z.object({
  token: z.string(),
  nextEvent: z.int(),
  /** How many of them are not log text. */
  discrete: z.int(),
  /** Bytes of log text held. */
  logOffset: z.int(),
})

/** Events in the order of their numbers, without a gap before them. */
export const eventsRequestSchema = z.object({
  ...tryRefSchema.shape,
  epoch: z.int(),
  /** Number of the first of `events`. Repeating what is held is fine; the same number with other content is refused (409). */
  from: z.int(),
  events: z.array(jobEventSchema),
})
/** `next`: the number expected next. `cancel`: somebody wants the run cancelled. */
export const eventsAnswerSchema = z.object({ next: z.int(), cancel: z.boolean() })

/** Everything an agent runs, in one request. */
export const heartbeatRequestSchema = z.object({
  version: z.string(),
  slots: z.int(),
  /** Key ids of the dispatcher's signing keys this agent trusts. */
  keys: z.array(z.string()),
  jobs: z.array(z.object({ ...tryRefSchema.shape, epoch: z.int() })),
})
/** One answer per job asked about, in the same order. `lost`: another agent owns it or it is over; let go. */
export const heartbeatAnswerSchema = z.object({
  jobs: z.array(
    z.discriminatedUnion('kind', [
      z.object({ kind: z.literal('run'), token: z.string() }),
      z.object({ kind: z.literal('cancel'), token: z.string(), reason: z.string() }),
      z.object({ kind: z.literal('lost') }),
    ]),
  ),
})

/** The job's end, on evidence. May be repeated; another end is refused. */
export const endedRequestSchema = z.object({
  ...tryRefSchema.shape,
  epoch: z.int(),
  conclusion: z.enum(['success', 'failure', 'cancelled']),
  outputs: z.record(z.string(), z.string()),
  cause: z.object({ code: z.string(), message: z.string() }).optional(),
})

/** Every refusal has this shape. Source: RFC 9457. */
export const refusalSchema = z.object({
  type: z.string(),
  title: z.string(),
  status: z.int(),
  detail: z.string().optional(),
  problems: z
    .array(z.object({ file: z.string(), line: z.int(), column: z.int(), message: z.string(), remedy: z.string() }))
    .optional(),
})
/** Every answer from 400 on. */
export type Refusal = z.infer<typeof refusalSchema>
