/**
 * A job of a run, as its facts make it: what was decided about it and what each of its legs is. Every answer depends only on facts that
 * never change once they are known, except for the cancel; what that can turn around competes for the same key of the same log:
 *
 *   `if` without / with the cancel   true / true: runs · true / false: each leg is offered or concluded as cancelled
 *                                    false / false: skipped · false / true: skipped or offered, settled by the first leg alone
 */
import { type ContextData, githubContext, type JobResult, needsContext } from './context.ts'
import { evaluateBoolean, evaluateCondition, evaluateText, type Scope } from './expression.ts'
import { causeOf, type Expansion, expandJob, firstKey, type Leg } from './leg.ts'
import type { Plan } from './plan.ts'
import type { RunFacts } from './run.ts'
import { isExpression } from './template.ts'
import { type Cause, type TryRef, type TryState, tryState } from './try.ts'
import type { Job } from './workflow.ts'

/** A leg and what its log says. */
export interface LegState {
  readonly leg: Leg
  readonly ref: TryRef
  readonly state: TryState
  /** Its result is an earlier run attempt's. */
  readonly carried: boolean
  /** It failed, and `continue-on-error` says that this is fine. */
  readonly tolerated: boolean
}

/** What the facts say about a job before its legs are looked at. */
export type Verdict =
  /** Something it needs is not done. */
  | { readonly kind: 'waiting' }
  /** `gated`: only the first leg may be decided until its log has an entry. */
  | { readonly kind: 'run'; readonly expansion: Expansion; readonly gated: boolean }
  | { readonly kind: 'skip'; readonly cause: Cause }
  /** Its own `if`, matrix or strategy is in error. */
  | { readonly kind: 'fail'; readonly cause: Cause }
  | { readonly kind: 'cancel'; readonly expansion: Expansion; readonly reason: string }

/** A job of the plan, folded from the facts of its legs. */
export interface JobState {
  readonly job: Job
  readonly verdict: Verdict
  /** One row, the first key, when it is not expanded. */
  readonly legs: readonly LegState[]
  /** github, inputs, vars, needs. Complete only when the verdict is not `waiting`. */
  readonly contexts: ContextData
  /** Present when the job is done. */
  readonly result?: JobResult
}

/** The last fold of these very facts: `advance` and the specs of all it offers ask for the same one. */
const folded = new WeakMap<RunFacts, { readonly plan: Plan; readonly states: ReadonlyMap<string, JobState> }>()

/** The state of every job of the run, in the order of the file. Plan and facts must not be changed afterwards: folds are kept by identity. */
export function jobStates(plan: Plan, facts: RunFacts): ReadonlyMap<string, JobState> {
  const known = folded.get(facts)
  if (known !== undefined && known.plan === plan) return known.states
  const states = fold(plan, facts)
  folded.set(facts, { plan, states })
  return states
}

function fold(plan: Plan, facts: RunFacts): ReadonlyMap<string, JobState> {
  const jobs = selectedJobs(plan)
  const states = new Map<string, JobState>()
  const results = new Map<string, JobResult>()
  for (const job of inNeedsOrder(jobs)) {
    const state = jobState(plan, facts, job, results, ancestorsOf(jobs, job))
    states.set(job.id, state)
    if (state.result !== undefined) results.set(job.id, state.result)
  }
  const order = [...jobs.keys()]
  return new Map([...states].sort(([left], [right]) => order.indexOf(left) - order.indexOf(right)))
}

/** The jobs of this run: all, or those of `--job` and what they need, in the order of the file. */
export function selectedJobs(plan: Plan): ReadonlyMap<string, Job> {
  const all = new Map(plan.workflow.jobs.map((job) => [job.id, job]))
  if (plan.jobs === undefined) return all
  const wanted = new Set<string>(plan.jobs)
  for (const id of wanted) for (const need of all.get(id)?.needs ?? []) wanted.add(need)
  return new Map([...all].filter(([id]) => wanted.has(id)))
}

/** Every job after what it needs. The parser refused cycles. */
function inNeedsOrder(jobs: ReadonlyMap<string, Job>): ReadonlySet<Job> {
  const ordered = new Set<Job>()
  const visit = (job: Job): void => {
    if (ordered.has(job)) return
    for (const need of job.needs) {
      const needed = jobs.get(need)
      if (needed !== undefined) visit(needed)
    }
    ordered.add(job)
  }
  for (const job of jobs.values()) visit(job)
  return ordered
}

/** All that a job needs, directly or not. */
function ancestorsOf(jobs: ReadonlyMap<string, Job>, job: Job): ReadonlySet<string> {
  const ancestors = new Set(job.needs)
  for (const id of ancestors) for (const need of jobs.get(id)?.needs ?? []) ancestors.add(need)
  return ancestors
}

function jobState(
  plan: Plan,
  facts: RunFacts,
  job: Job,
  results: ReadonlyMap<string, JobResult>,
  ancestors: ReadonlySet<string>,
): JobState {
  const key = firstKey(job)
  const contexts: ContextData = {
    github: githubContext(plan, attemptOf(facts, job.id, job.id), job.id),
    inputs: plan.inputs,
    vars: plan.vars,
    needs: needsContext(job.needs, results),
  }
  const row = legState(plan, facts, job, rowOf(job, key, contexts), contexts)
  if (job.needs.some((need) => !results.has(need))) {
    return { job, verdict: { kind: 'waiting' }, legs: [row], contexts }
  }
  const known = new Map([...results].filter(([id]) => ancestors.has(id)))
  const verdict = verdictOf(plan, facts, job, row.state, contexts, known)
  if (verdict.kind !== 'run' && verdict.kind !== 'cancel') {
    return { job, verdict, legs: [row], contexts, ...resultOf([row]) }
  }
  const legs = verdict.expansion.legs.map((leg) => legState(plan, facts, job, leg, contexts))
  return { job, verdict, legs, contexts, ...resultOf(legs) }
}

/** The run attempt that a job's, or a leg's, log belongs to: the last one that ran it anew. */
function attemptOf(facts: RunFacts, id: string, key: string): number {
  let attempt = facts.runAttempt
  while (attempt > 1) {
    const anew = facts.reruns.get(attempt)
    if (anew === undefined || anew.includes(id) || anew.includes(key)) return attempt
    attempt -= 1
  }
  return attempt
}

/** Stands for a job that is not expanded (yet). A name that waits for other contexts is the id until then. */
function rowOf(job: Job, key: string, contexts: ContextData): Leg {
  const waits = isExpression(job.name) && /\b(matrix|strategy|needs)\b/i.test(job.name.expr)
  const name = waits ? undefined : evaluateText(job.name ?? job.id, { contexts })
  return { key, name: name?.ok ? name.value : job.id, matrix: null, strategy: {} }
}

function legState(plan: Plan, facts: RunFacts, job: Job, leg: Leg, contexts: ContextData): LegState {
  const runAttempt = attemptOf(facts, job.id, leg.key)
  const tries = facts.logs.get(runAttempt)?.get(leg.key) ?? []
  const state = tryState(tries.at(-1) ?? [])
  return {
    leg,
    ref: { run: plan.run, runAttempt, job: leg.key, try: Math.max(0, tries.length - 1) },
    state,
    carried: runAttempt < facts.runAttempt,
    tolerated: state.kind === 'done' && state.conclusion === 'failure' && isTolerated(job, leg, contexts),
  }
}

/** A `continue-on-error` that is itself in error tolerates nothing. */
function isTolerated(job: Job, leg: Leg, contexts: ContextData): boolean {
  const { matrix, strategy } = leg
  const tolerated = evaluateBoolean(job.continueOnError, { contexts: { ...contexts, matrix, strategy } })
  return tolerated.ok && tolerated.value
}

/** `results` are those of all ancestors. */
function verdictOf(
  plan: Plan,
  facts: RunFacts,
  job: Job,
  first: TryState,
  contexts: ContextData,
  results: ReadonlyMap<string, JobResult>,
): Verdict {
  if (first.kind === 'done' && first.conclusion === 'skipped') return { kind: 'skip', cause: whySkipped(job, results) }
  const { file } = plan.workflow
  const usual = evaluateCondition(job.if, { contexts, status: statusOf(results, false) })
  if (!usual.ok) return { kind: 'fail', cause: causeOf(file, 'if', usual, job.at) }
  const goesOn = facts.cancelled === undefined ? usual.value : runsThoughCancelled(job, contexts, results)
  if (!usual.value && !goesOn && first.kind === 'absent') return { kind: 'skip', cause: whySkipped(job, results) }
  const expanded = expandJob(plan, job, contexts)
  if (!expanded.ok) return { kind: 'fail', cause: expanded.cause }
  const expansion = expanded.value
  if (expansion.legs.length === 0) return { kind: 'skip', cause: NOT_SELECTED }
  if (usual.value && !goesOn) return { kind: 'cancel', expansion, reason: facts.cancelled?.reason ?? '' }
  return { kind: 'run', expansion, gated: !usual.value && first.kind === 'absent' }
}

/** Source: GitHub's documentation, "Workflow cancellation": `if` is evaluated again. One that fails now keeps nothing alive. */
function runsThoughCancelled(job: Job, contexts: ContextData, results: ReadonlyMap<string, JobResult>): boolean {
  const condition = evaluateCondition(job.if, { contexts, status: statusOf(results, true) })
  return condition.ok && condition.value
}

/**
 * The status functions of a job's `if`. All ancestors count, not the direct needs alone, and a skipped one is no success. Source: GitHub's
 * documentation, "failure()"; actions/runner issues 491 and 2205. Job ids as arguments narrow them down.
 */
function statusOf(results: ReadonlyMap<string, JobResult>, cancelled: boolean): NonNullable<Scope['status']> {
  const chosen = (ids: readonly string[]): (string | undefined)[] =>
    ids.length > 0 ? ids.map((id) => results.get(id)?.result) : [...results.values()].map(({ result }) => result)
  return {
    success: (ids) => !cancelled && chosen(ids).every((result) => result === 'success'),
    failure: (ids) => !cancelled && chosen(ids).some((result) => result === 'failure'),
    cancelled: () => cancelled,
  }
}

const NOT_SELECTED: Cause = { code: 'not-selected', message: 'no leg of the matrix has the values that were asked for' }

function whySkipped(job: Job, results: ReadonlyMap<string, JobResult>): Cause {
  const [id, need] = [...results].find(([, { result }]) => result !== 'success') ?? []
  if (id === undefined || need === undefined || job.if !== undefined) {
    return { code: 'condition', message: 'the condition of its `if` is false' }
  }
  const how = need.result === 'failure' ? 'failed' : `was ${need.result}`
  return { code: 'needs', message: `it needs \`${id}\`, which ${how}` }
}

/** Nothing until every leg is done. The leg that finished last and has a value wins an output: by time, then by index. */
function resultOf(legs: readonly LegState[]): { readonly result?: JobResult } {
  const ends = legs.flatMap(({ state, tolerated }) => (state.kind === 'done' ? [{ ...state, tolerated }] : []))
  if (ends.length < legs.length) return {}
  const outputs = new Map<string, string>()
  for (const end of ends.toSorted((left, right) => left.atMs - right.atMs)) {
    for (const [name, value] of Object.entries(end.outputs)) if (value !== '') outputs.set(name, value)
  }
  return { result: { result: resultOfAll(ends), outputs: Object.fromEntries(outputs) } }
}

function resultOfAll(
  ends: readonly { readonly conclusion: JobResult['result']; readonly tolerated: boolean }[],
): JobResult['result'] {
  if (ends.some(({ conclusion, tolerated }) => conclusion === 'failure' && !tolerated)) return 'failure'
  if (ends.some(({ conclusion }) => conclusion === 'cancelled')) return 'cancelled'
  return ends.every(({ conclusion }) => conclusion === 'skipped') ? 'skipped' : 'success'
}
