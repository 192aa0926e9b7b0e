/**
 * The job message: what travels over the queue of one cluster, as a compact JWS (shared/sign.ts). It names no secret and holds
 * no token; whoever reads the queue can do nothing with it.
 */
import * as z from 'zod'
import type { Provenance, Trust } from './plan.ts'
import type { Expression, MappingTemplate, Place, Template, Value } from './template.ts'
import type { RunStep, Step, UsesStep } from './workflow.ts'

const place: z.ZodType<Place> = z.tuple([z.int(), z.int()])
const expression: z.ZodType<Expression> = z.object({ expr: z.string(), at: place })
const template: z.ZodType<Template> = z.lazy(() =>
  z.union([z.null(), z.boolean(), z.number(), z.string(), expression, mapping, z.array(template)]),
)
const mapping: z.ZodType<MappingTemplate> = z.object({
  map: z.array(z.tuple([z.union([z.string(), expression]), template])),
})
const value: z.ZodType<Value> = z.json()
const values = z.record(z.string(), value)

const stepBase = {
  id: z.string(),
  at: place,
  name: template.optional(),
  if: expression.optional(),
  env: template.optional(),
  continueOnError: template.optional(),
  timeoutMinutes: template.optional(),
}
const runStep = z.object({
  ...stepBase,
  kind: z.literal('run'),
  run: template,
  shell: template.optional(),
  workingDirectory: template.optional(),
}) as unknown as z.ZodType<RunStep>
const usesStep = z.object({
  ...stepBase,
  kind: z.literal('uses'),
  uses: z.string(),
  with: template.optional(),
}) as unknown as z.ZodType<UsesStep>
const step: z.ZodType<Step> = z.union([runStep, usesStep])

const defaults = z.object({ shell: template.optional(), workingDirectory: template.optional() })

/** One job, or one leg of a matrix, ready to run: everything the dispatcher knows is evaluated, the rest is the agent's. */
const jobSpec = z.object({
  /** `id`, or `id.index` for a leg of a matrix. */
  job: z.string(),
  /** The id in the workflow file: `github.job`. */
  id: z.string(),
  /** As shown: `test (20, linux)`. */
  name: z.string(),
  /** Path of the workflow file, for messages that name a place. */
  file: z.string(),
  runsOn: z.array(z.string()),
  /** Of the whole job, in minutes. */
  timeoutMinutes: z.number(),
  /** How long the job may go on once it is cancelled, in minutes. */
  cancelTimeoutMinutes: z.number(),
  continueOnError: z.boolean(),
  /** Lowest first: the trigger's, the workflow's, the job's. Evaluated by the agent: they may use `secrets`. */
  env: z.array(template),
  /** Lowest first: the workflow's, the job's. */
  defaults: z.array(defaults),
  outputs: mapping.optional(),
  steps: z.array(step),
  contexts: z.object({ github: values, inputs: values, vars: values, needs: values, matrix: value, strategy: values }),
  /** What `actions/checkout` of the run's own repository unpacks. */
  source: z.object({ sha256: z.string(), sizeBytes: z.int() }).optional(),
})
/** A job as its agent needs it: everything the dispatcher can evaluate is evaluated, all else is a template. */
export type JobSpec = z.infer<typeof jobSpec>

const provenance: z.ZodType<Provenance> = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('uploaded'), by: z.string() }),
  z.object({ kind: z.literal('fetched'), host: z.string(), repository: z.string(), sha: z.string() }),
  z.object({ kind: z.literal('webhook'), host: z.string(), delivery: z.string() }),
])
const trust: z.ZodType<Trust> = z.object({
  event: z.string(),
  actor: z.string(),
  fork: z.boolean(),
  protectedRef: z.boolean(),
  workflowFrom: z.enum(['base', 'head']),
})

/** The claims of the JWS. `iss` is the dispatcher's issuer name, `aud` the cluster, `exp` in seconds since the epoch. */
export const jobMessageSchema = z.object({
  version: z.literal(1),
  iss: z.string(),
  aud: z.string(),
  exp: z.int(),
  run: z.int(),
  runAttempt: z.int(),
  job: z.string(),
  try: z.int(),
  offer: z.int(),
  spec: jobSpec,
  provenance,
  trust,
})
/** One offer of one try to one cluster. */
export type JobMessage = z.infer<typeof jobMessageSchema>
