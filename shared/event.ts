/**
 * What an agent tells of a job while it runs: a numbered, append-only sequence per job try, from 0. Times, texts and
 * numbers follow from the supervisor's records alone, so that whichever agent replays them says the same, byte for byte.
 */
import * as z from 'zod'

const conclusion = z.enum(['success', 'failure', 'cancelled', 'skipped'])

/** A line of the step list, as GitHub numbers them: 1 is "Set up job", the last is "Complete job". */
const stepRef = { step: z.int().min(1) }

/** A step came to its turn. A skipped one has a `step-ended` only. */
const stepStarted = z.object({ kind: z.literal('step-started'), ...stepRef, name: z.string(), atMs: z.number() })

const stepEnded = z.object({
  kind: z.literal('step-ended'),
  ...stepRef,
  name: z.string(),
  /** Before continue-on-error is applied. */
  outcome: conclusion,
  conclusion,
  /** Of a `run` step whose process ended by itself. */
  exitCode: z.int().optional(),
  atMs: z.number(),
})

/** Whole lines of the job's log, each `2026-01-02T03:04:05.1234567Z text\n`, masked. */
const log = z.object({
  kind: z.literal('log'),
  ...stepRef,
  /** Bytes (UTF-8) of the job's log before this text. */
  offset: z.int().min(0),
  text: z.string(),
})

const annotation = z.object({
  kind: z.literal('annotation'),
  ...stepRef,
  level: z.enum(['notice', 'warning', 'error']),
  message: z.string(),
  title: z.string().optional(),
  /** Relative to the workspace. */
  file: z.string().optional(),
  line: z.int().optional(),
  endLine: z.int().optional(),
  column: z.int().optional(),
  endColumn: z.int().optional(),
})

/** The step's GITHUB_STEP_SUMMARY, masked, as Markdown. */
const summary = z.object({ kind: z.literal('summary'), ...stepRef, markdown: z.string() })

/** What an agent posts; `log` is nearly all of it. */
export const jobEventSchema = z.discriminatedUnion('kind', [stepStarted, stepEnded, log, annotation, summary])
/** One event of a job, as `jobEventSchema` takes it. */
export type JobEvent = z.infer<typeof jobEventSchema>

/**
 * What a viewer of a run reads. `job-state` follows from the facts; the rest is the job's own events. `cursor` is opaque: reading
 * again from it goes on after this event, with none lost and none twice.
 */
export const runEventSchema = z.discriminatedUnion('kind', [
  z.object({
    kind: z.literal('run-started'),
    cursor: z.string(),
    run: z.int(),
    workflow: z.string(),
    name: z.string(),
    event: z.string(),
    atMs: z.number(),
  }),
  z.object({
    kind: z.literal('job-state'),
    cursor: z.string(),
    runAttempt: z.int(),
    job: z.string(),
    name: z.string(),
    state: z.enum(['waiting', 'queued', 'claimed', 'started', 'done']),
    conclusion: conclusion.optional(),
    cluster: z.string().optional(),
    agent: z.string().optional(),
    /** Why, where the steps alone do not say: skipped because …, evicted, lost. */
    cause: z.object({ code: z.string(), message: z.string() }).optional(),
    atMs: z.number(),
  }),
  z.object({
    kind: z.literal('job-event'),
    cursor: z.string(),
    runAttempt: z.int(),
    job: z.string(),
    event: jobEventSchema,
  }),
  z.object({
    kind: z.literal('run-ended'),
    cursor: z.string(),
    run: z.int(),
    runAttempt: z.int(),
    conclusion: z.enum(['success', 'failure', 'cancelled']),
    atMs: z.number(),
  }),
])
/** One event of a run, as `runEventSchema` takes it. */
export type RunEvent = z.infer<typeof runEventSchema>
