/** The spec of a job: a leg of the plan with everything evaluated that the dispatcher knows. The rest is the agent's. */
import { assert } from './assert.ts'
import { type ContextData, githubContext } from './context.ts'
import { type Evaluated, evaluate, evaluateBoolean, evaluateNumber, toText } from './expression.ts'
import { type JobState, jobStates, type LegState } from './job.ts'
import { causeOf } from './leg.ts'
import { CANCEL_TIMEOUT_DEFAULT_MIN, JOB_TIMEOUT_DEFAULT_MIN } from './limit.ts'
import type { JobSpec } from './message.ts'
import type { Plan } from './plan.ts'
import type { RunFacts } from './run.ts'
import type { Place, Template, Value } from './template.ts'
import type { Cause, TryRef } from './try.ts'
import type { Job } from './workflow.ts'

/** A job's spec, or why it has none. */
export type Specified =
  | { readonly ok: true; readonly spec: JobSpec }
  /** The job's own mistake, with its place: conclude it as failure. */
  | { readonly ok: false; readonly cause: Cause }

/** The spec of a job that `advance` decided to offer under these facts or earlier ones. */
export function jobSpec(plan: Plan, facts: RunFacts, ref: TryRef): Specified {
  const [state, leg] = find(plan, facts, ref)
  const { job } = state
  const contexts = contextsOf(plan, state, leg)
  const labels = runsOn(job.runsOn, contexts)
  if (!labels.ok) return failed(plan, job, 'runs-on', labels)
  const timeoutMinutes = timeout(job, contexts)
  if (!timeoutMinutes.ok) return failed(plan, job, 'timeout-minutes', timeoutMinutes)
  const cancelTimeoutMinutes = evaluateNumber(job.cancelTimeoutMinutes, { contexts })
  if (!cancelTimeoutMinutes.ok) return failed(plan, job, 'cancel-timeout-minutes', cancelTimeoutMinutes)
  const continueOnError = evaluateBoolean(job.continueOnError, { contexts })
  if (!continueOnError.ok) return failed(plan, job, 'continue-on-error', continueOnError)
  const spec: JobSpec = {
    job: leg.leg.key,
    id: job.id,
    name: leg.leg.name,
    file: plan.workflow.file,
    runsOn: [...labels.value],
    timeoutMinutes: timeoutMinutes.value,
    cancelTimeoutMinutes: cancelTimeoutMinutes.value ?? CANCEL_TIMEOUT_DEFAULT_MIN,
    continueOnError: continueOnError.value,
    env: [literal(plan.env), plan.workflow.env ?? null, job.env ?? null].filter((layer) => layer !== null),
    defaults: [{ ...plan.workflow.defaults }, { ...job.defaults }],
    ...(job.outputs === undefined ? {} : { outputs: job.outputs }),
    steps: [...job.steps],
    contexts,
    ...(plan.source === undefined ? {} : { source: { ...plan.source } }),
  }
  return { ok: true, spec }
}

function find(plan: Plan, facts: RunFacts, ref: TryRef): readonly [JobState, LegState] {
  const state = [...jobStates(plan, facts).values()].find(({ legs }) => legs.some(({ leg }) => leg.key === ref.job))
  const leg = state?.legs.find((candidate) => candidate.leg.key === ref.job)
  assert(state !== undefined && leg !== undefined, `job ${ref.job} is in the run`)
  assert(state.verdict.kind !== 'waiting', `what job ${ref.job} needs is done when its spec is asked for`)
  return [state, leg]
}

/** The `run_attempt` of a leg that runs anew is the current one, whatever the rest of its matrix keeps. */
function contextsOf(plan: Plan, state: JobState, { leg, ref }: LegState): JobSpec['contexts'] {
  const { inputs, vars, needs } = state.contexts
  return {
    github: { ...githubContext(plan, ref.runAttempt, state.job.id) },
    inputs: record(inputs),
    vars: record(vars),
    needs: record(needs),
    matrix: leg.matrix,
    strategy: { ...leg.strategy },
  }
}

function record(value: Value | undefined): { [name: string]: Value } {
  return isRecord(value) ? { ...value } : {}
}

function isRecord(value: Value | undefined): value is { readonly [name: string]: Value } {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function failed(plan: Plan, job: Job, key: string, error: { message: string; at: Place }): Specified {
  return {
    ok: false,
    cause: causeOf(plan.workflow.file, key, { ...error, message: `${key}: ${error.message}` }, job.at),
  }
}

/** `--env` is text as it is, never an expression. */
function literal(env: { readonly [name: string]: string }): Template {
  return Object.keys(env).length === 0 ? null : { map: Object.entries(env) }
}

/** Source: GitHub's documentation, "jobs.<job_id>.timeout-minutes". */
function timeout(job: Job, contexts: ContextData): Evaluated<number> {
  const minutes = evaluateNumber(job.timeoutMinutes, { contexts })
  if (!minutes.ok) return minutes
  const value = minutes.value ?? JOB_TIMEOUT_DEFAULT_MIN
  return value > 0 ? { ok: true, value } : { ok: false, message: 'must be greater than 0', at: job.at }
}

/**
 * Text, a sequence, or a mapping with `labels` and `group`; any of them may come from an expression. A group is the label
 * `group:<name>`. Source: GitHub's documentation, "jobs.<job_id>.runs-on".
 */
function runsOn(template: Template, contexts: ContextData): Evaluated<readonly string[]> {
  const wanted = evaluate(template, { contexts })
  if (!wanted.ok) return wanted
  const { value } = wanted
  const group = isRecord(value) ? value['group'] : undefined
  const labels = [
    ...texts(isRecord(value) ? (value['labels'] ?? null) : value),
    ...texts(group ?? null).map((name) => `group:${name}`),
  ]
  return labels.length > 0
    ? { ok: true, value: labels }
    : { ok: false, message: 'names no label of a runner', at: [0, 0] }
}

function texts(value: Value): string[] {
  const items: readonly Value[] = Array.isArray(value) ? value : [value]
  return items.flatMap((item) => (typeof item === 'object' ? [] : [toText(item).trim()])).filter((text) => text !== '')
}
