/**
 * The plan of a run: everything that was known when it was triggered, written once and never changed. All that happens
 * afterwards is facts (shared/run.ts).
 */
import { unknownLegs } from './chosen-legs.ts'
import type { Parsed, Problem } from './error.ts'
import { checkInputs, type Inputs } from './input.ts'
import type { Value } from './template.ts'
import type { Trigger } from './trigger.ts'
import type { Workflow } from './workflow.ts'

/** How the workflow text and the source reached the dispatcher. Secrets policies in a cluster look at this. */
export type Provenance =
  | { readonly kind: 'uploaded'; readonly by: string }
  | { readonly kind: 'fetched'; readonly host: string; readonly repository: string; readonly sha: string }
  | { readonly kind: 'webhook'; readonly host: string; readonly delivery: string }

/** How far the trigger is trusted. Decided by the dispatcher, judged by the agent. */
export interface Trust {
  readonly event: string
  readonly actor: string
  readonly fork: boolean
  readonly protectedRef: boolean
  /** Whose workflow text runs: the base's or the head's. */
  readonly workflowFrom: 'base' | 'head'
}

/** What the trigger says of the repository. Becomes the `github` context. */
export interface RefData {
  /** `owner/name` */
  readonly repository: string
  readonly ref: string
  readonly refName: string
  readonly refType: 'branch' | 'tag'
  readonly sha: string
  readonly headRef: string
  readonly baseRef: string
  readonly actor: string
  readonly serverUrl: string
  readonly apiUrl: string
  readonly graphqlUrl: string
  readonly defaultBranch: string
}

/** The source bundle `actions/checkout` unpacks. */
export interface SourceRef {
  /** Hex sha256 of the gzipped tar. */
  readonly sha256: string
  readonly sizeBytes: number
}

/** A run's immutable plan, plain JSON. Written once; everything later is a fact beside it. */
export interface Plan {
  /** Of this format. Readers accept this and the one before. */
  readonly version: 1
  /** A safe integer; see docs/decisions.md for how it follows from the Idempotency-Key. */
  readonly run: number
  readonly runNumber: number
  readonly workflow: Workflow
  readonly event: { readonly name: string; readonly payload: Value }
  readonly ref: RefData
  readonly inputs: { readonly [name: string]: Value }
  readonly vars: { readonly [name: string]: string }
  /** Extra environment of every job (`--env`); below the workflow's own `env`. */
  readonly env: { readonly [name: string]: string }
  readonly source?: SourceRef
  /** Only these jobs and what they need (`--job`); all when absent. */
  readonly jobs?: readonly string[]
  /** Only legs with these values (`--matrix K:V`). Compared as text. */
  readonly matrix?: { readonly [key: string]: string }
  readonly provenance: Provenance
  readonly trust: Trust
  /** Milliseconds since the epoch. */
  readonly createdAtMs: number
}

/** What the dispatcher adds to a trigger. */
export interface PlanOrigin {
  readonly run: number
  readonly runNumber: number
  readonly provenance: Provenance
  readonly trust: Trust
  /** Milliseconds since the epoch. */
  readonly createdAtMs: number
}

/** A trigger of a valid workflow becomes a plan; what it asks for and the workflow does not have comes back as problems, all at once. */
export function buildPlan(workflow: Workflow, trigger: Trigger, origin: PlanOrigin): Parsed<Plan> {
  const inputs = checkInputs(workflow, trigger.event.name, trigger.inputs)
  const problems = [
    ...unknownJobs(workflow, trigger.jobs ?? []),
    ...unknownLegs(workflow, trigger.matrix ?? {}),
    ...(inputs.ok ? [] : inputs.problems),
  ]
  if (problems.length > 0 || !inputs.ok) return { ok: false, problems }
  const { vars, env, source, jobs, matrix } = trigger
  const plan: Plan = {
    version: 1,
    ...origin,
    workflow,
    event: { name: trigger.event.name, payload: payloadOf(trigger, inputs.value) },
    ref: refDataOf(trigger.ref),
    inputs: inputs.value,
    vars,
    env,
    ...(source === undefined ? {} : { source }),
    ...(jobs === undefined ? {} : { jobs }),
    ...(matrix === undefined ? {} : { matrix }),
  }
  return { ok: true, value: plan }
}

/** The neutral value of everything a trigger may leave out: a commit that is none on the branch `main` of nobody's repository. */
export function refDataOf(given: Trigger['ref']): RefData {
  const ref = given.ref ?? 'refs/heads/main'
  return {
    repository: given.repository ?? 'local/repository',
    ref,
    refName: ref.replace(/^refs\/(heads|tags|pull)\//, ''),
    refType: ref.startsWith('refs/tags/') ? 'tag' : 'branch',
    sha: given.sha ?? '0'.repeat(40),
    headRef: given.headRef ?? '',
    baseRef: given.baseRef ?? '',
    actor: given.actor ?? 'local',
    serverUrl: given.serverUrl ?? 'https://github.com',
    apiUrl: given.apiUrl ?? 'https://api.github.com',
    graphqlUrl: given.graphqlUrl ?? 'https://api.github.com/graphql',
    defaultBranch: given.defaultBranch ?? 'main',
  }
}

function unknownJobs(workflow: Workflow, ids: readonly string[]): Problem[] {
  const known = workflow.jobs.map((job) => job.id)
  return ids
    .filter((id) => !known.includes(id))
    .map((id) => ({
      file: workflow.file,
      line: 0,
      column: 0,
      message: `there is no job \`${id}\``,
      remedy: `the workflow has ${known.join(', ')}`,
    }))
}

/** `github.event.inputs` has the inputs as text. Source: GitHub's documentation, "workflow_dispatch". */
function payloadOf(trigger: Trigger, inputs: Inputs): Value {
  const { name, payload } = trigger.event
  if (name !== 'workflow_dispatch' || typeof payload !== 'object' || payload === null || Array.isArray(payload)) {
    return payload
  }
  const texts = Object.entries(inputs).map(([key, value]): [string, string] => [key, String(value)])
  return { ...payload, inputs: Object.fromEntries(texts) }
}
