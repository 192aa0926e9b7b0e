/** The dispatcher's API for people and CI: what `POST /v1/runs` takes and what the run's pages answer. Schemas; the types follow. */
import * as z from 'zod'
import type { Value } from './template.ts'

const value: z.ZodType<Value> = z.json()

/** All of the repository data may be left out; what is missing gets a neutral value, said in docs/configuration.md. */
const refData = z.object({
  repository: z.string().regex(/^[\w.-]{1,100}\/[\w.-]{1,100}$/, 'is not owner/name, of at most 100 characters each'),
  ref: z.string(),
  sha: z.string(),
  headRef: z.string(),
  baseRef: z.string(),
  actor: z.string(),
  serverUrl: z.url(),
  apiUrl: z.url(),
  graphqlUrl: z.url(),
  defaultBranch: z.string(),
})

/** The run's source bundle, uploaded before the trigger. */
const sourceSchema = z.object({
  /** Of the gzipped tar uploaded to `PUT /v1/bundles/{owner}/{name}/{sha256}`. */
  sha256: z.string().regex(/^[0-9a-f]{64}$/),
  sizeBytes: z.int().min(1),
})

/** What `POST /v1/runs` takes. */
export const triggerSchema = z.object({
  /** Path within the repository. Without `text` the file is read from the source bundle. */
  workflow: z.object({ file: z.string(), text: z.string().optional() }),
  source: sourceSchema.optional(),
  event: z.object({ name: z.string(), payload: value.default({}) }).default({ name: 'push', payload: {} }),
  inputs: z.record(z.string(), z.union([z.string(), z.number(), z.boolean()])).default({}),
  vars: z.record(z.string(), z.string()).default({}),
  env: z.record(z.string(), z.string()).default({}),
  ref: refData.partial().default({}),
  /** Only these jobs and what they need. */
  jobs: z.array(z.string()).min(1).optional(),
  /** Only legs with these values. */
  matrix: z.record(z.string(), z.string()).optional(),
})
/** A trigger with its defaults. */
export type Trigger = z.infer<typeof triggerSchema>
/** A trigger as it is sent. */
export type TriggerRequest = z.input<typeof triggerSchema>

/** The run that a trigger or a rerun began, and where to follow it. */
export const triggeredSchema = z.object({
  run: z.int(),
  runAttempt: z.int(),
  urls: z.object({ self: z.string(), events: z.string(), cancel: z.string() }),
})

const conclusion = z.enum(['success', 'failure', 'cancelled', 'skipped'])
/** The page of a run. `createdAtMs` is in milliseconds since the epoch. */
export const runSchema = z.object({
  run: z.int(),
  runNumber: z.int(),
  runAttempt: z.int(),
  workflow: z.string(),
  file: z.string(),
  name: z.string(),
  event: z.string(),
  repository: z.string(),
  ref: z.string(),
  sha: z.string(),
  state: z.enum(['open', 'closed']),
  conclusion: conclusion.optional(),
  createdAtMs: z.number(),
  jobs: z.array(
    z.object({
      job: z.string(),
      name: z.string(),
      needs: z.array(z.string()),
      state: z.enum(['waiting', 'queued', 'claimed', 'started', 'done']),
      conclusion: conclusion.optional(),
      cause: z.object({ code: z.string(), message: z.string() }).optional(),
      log: z.string(),
    }),
  ),
})
/** The page of a run, as `runSchema` takes it. */
export type RunDescription = z.infer<typeof runSchema>

/** A page of the list of runs. */
export const runsSchema = z.object({
  runs: z.array(runSchema.omit({ jobs: true })),
  /** Give it back as `?after=` for the next page. */
  next: z.string().optional(),
})

/** `POST /v1/runs/{id}/rerun`: everything, what failed, or these jobs — each with all that needs it. */
export const rerunSchema = z.object({
  jobs: z.union([z.enum(['all', 'failed']), z.array(z.string()).min(1)]).default('all'),
})
