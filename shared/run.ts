/**
 * A run: an immutable plan and the facts known so far. `advance` folds them into what is, and what is to be done.
 *
 *   waiting ──every need is done──▶ queued ──▶ claimed ──▶ started ──▶ done
 *      └──`if` is false, cancelled, or in error──────────────────────▶ done
 *
 * Facts arrive late, twice and in any order, so `advance` is total; more facts never take back what a fact has settled, and two that decide
 * differently compete for the same next key. Whoever has written a decision asks again until none is left.
 */
import { type JobState, jobStates, type LegState, type Verdict } from './job.ts'
import { OFFERS_MAX } from './limit.ts'
import type { Plan } from './plan.ts'
import type { Cause, TryEntry, TryRef, TryState } from './try.ts'

/** `needs.<id>.result`, in GitHub's own words. Source: actions/runner ActionResult.cs */
export type Conclusion = 'success' | 'failure' | 'cancelled' | 'skipped'

/** What is known of a run. Facts are written once and never change; any subset may be known to whoever looks. */
export interface RunFacts {
  /** The current run attempt, from 1. */
  readonly runAttempt: number
  /** Per run attempt from 2: the jobs (`id`, or `id.index` for one leg) it runs anew; all others keep what the attempt before made of them. */
  readonly reruns: ReadonlyMap<number, readonly string[]>
  /** Cancel of the current run attempt. */
  readonly cancelled?: { readonly reason: string; readonly atMs: number }
  /** Logs by run attempt, then by job key (`id` or `id.index`), then by try number. */
  readonly logs: ReadonlyMap<number, ReadonlyMap<string, readonly (readonly TryEntry[])[]>>
}

/** What is to be written next. Each competes for the next key of its log, or for the run's `closed`. */
export type Decision =
  /** Route it, write `offered`, send it. A job whose spec is in error (shared/spec.ts) is concluded as failure instead. */
  | { readonly kind: 'offer'; readonly ref: TryRef }
  | {
      readonly kind: 'conclude'
      readonly ref: TryRef
      readonly conclusion: 'skipped' | 'cancelled' | 'failure'
      readonly cause?: Cause
    }
  /** The run attempt is over. */
  | { readonly kind: 'close'; readonly conclusion: RunConclusion }

/** Of a whole run: skipped jobs count as successes. */
export type RunConclusion = 'success' | 'failure' | 'cancelled'

/** One job, or one leg of a matrix, as a viewer sees it. */
export interface JobView {
  /** `id`, or `id.index` for a leg. A matrix that is not expanded yet is one row, `id.0`. */
  readonly job: string
  readonly id: string
  readonly name: string
  readonly needs: readonly string[]
  readonly state: 'waiting' | 'queued' | 'claimed' | 'started' | 'done'
  readonly conclusion?: Conclusion
  readonly cause?: Cause
  /** Its `runAttempt` is an earlier one where the result was carried over. */
  readonly ref: TryRef
  readonly outputs: { readonly [name: string]: string }
}

/** All that follows from a plan and its facts. */
export interface RunView {
  readonly jobs: readonly JobView[]
  readonly decisions: readonly Decision[]
  /** Claimed or started jobs that must be told to stop. */
  readonly cancels: readonly { readonly ref: TryRef; readonly reason: string }[]
  readonly conclusion?: RunConclusion
}

/** What the facts make of the plan. Every set of facts has an answer; it depends on nothing else. */
export function advance(plan: Plan, facts: RunFacts): RunView {
  const states = [...jobStates(plan, facts).values()]
  const orders = states.map(orderOf)
  const conclusion = conclusionOf(states)
  return {
    jobs: states.flatMap(viewsOf),
    decisions: [
      ...orders.flatMap((order) => order.decisions),
      ...(conclusion === undefined ? [] : [{ kind: 'close' as const, conclusion }]),
    ],
    cancels: orders.flatMap((order) => order.cancels),
    ...(conclusion === undefined ? {} : { conclusion }),
  }
}

/** A skipped job counts as a success, and so does a failure that is tolerated. Nothing until every job is done. */
function conclusionOf(states: readonly JobState[]): RunConclusion | undefined {
  const results = states.map((state) => state.result?.result)
  if (results.includes(undefined)) return undefined
  if (results.includes('failure')) return 'failure'
  return results.includes('cancelled') ? 'cancelled' : 'success'
}

type Order = Pick<RunView, 'decisions' | 'cancels'>

const NOTHING: Order = { decisions: [], cancels: [] }

function orderOf(state: JobState): Order {
  const { verdict, legs } = state
  switch (verdict.kind) {
    case 'waiting':
      return NOTHING
    case 'skip':
      return { decisions: legs.flatMap((leg) => concludeAbsent(leg, 'skipped', verdict.cause)), cancels: [] }
    case 'fail':
      return { decisions: legs.flatMap((leg) => concludeAbsent(leg, 'failure', verdict.cause)), cancels: [] }
    case 'cancel':
      return stop(legs, { code: 'cancelled', message: verdict.reason })
    case 'run':
      return run(legs, verdict)
  }
}

function concludeAbsent({ ref, state }: LegState, conclusion: 'skipped' | 'failure', cause: Cause): Decision[] {
  return state.kind === 'absent' ? [{ kind: 'conclude', ref, conclusion, cause }] : []
}

/** Whatever no agent has is over at once; whoever has the rest is told. */
function stop(legs: readonly LegState[], cause: Cause): Order {
  return {
    decisions: legs.flatMap(({ ref, state }): Decision[] =>
      isUnclaimed(state) ? [{ kind: 'conclude', ref, conclusion: 'cancelled', cause }] : [],
    ),
    cancels: legs.flatMap(({ ref, state }) => (isHeld(state) ? [{ ref, reason: cause.message }] : [])),
  }
}

function isUnclaimed(state: TryState): boolean {
  return state.kind === 'absent' || state.kind === 'offered' || state.kind === 'revoked'
}

function isHeld(state: TryState): boolean {
  return state.kind === 'claimed' || state.kind === 'started'
}

/**
 * Leg i of this run attempt may go when i < max-parallel + the legs that are over. That depends on nothing but counts which only grow, so
 * no two deciders together let too many go. A leg that was cancelled before it was eligible freed no place and does not count.
 */
function run(legs: readonly LegState[], verdict: Verdict & { kind: 'run' }): Order {
  const current = legs.filter((leg) => !leg.carried)
  const failed = current.find((leg) => isFailed(leg))
  if (verdict.expansion.failFast && failed !== undefined) {
    const cause = { code: 'fail-fast', message: `\`${failed.leg.name}\` failed, and the matrix is fail-fast` }
    return stop(current, cause)
  }
  const places = verdict.expansion.maxParallel + current.filter((leg) => freesPlace(leg.state)).length
  const decided = current.slice(0, verdict.gated ? 1 : places)
  return { decisions: decided.flatMap(offer), cancels: [] }
}

function isFailed({ state, tolerated }: LegState): boolean {
  return state.kind === 'done' && state.conclusion === 'failure' && !tolerated
}

function freesPlace(state: TryState): boolean {
  return state.kind === 'done' && (state.conclusion !== 'cancelled' || state.cluster !== undefined)
}

function offer({ ref, state }: LegState): Decision[] {
  switch (state.kind) {
    case 'absent':
      return [{ kind: 'offer', ref }]
    case 'revoked':
      return state.offer + 1 < OFFERS_MAX ? [{ kind: 'offer', ref }] : [giveUp(ref, state.cluster)]
    case 'offered':
    case 'claimed':
    case 'started':
    case 'done':
      return []
  }
}

function giveUp(ref: TryRef, cluster: string): Decision {
  const message = `no cluster started it: offered ${OFFERS_MAX} times, the last time to ${cluster}`
  return { kind: 'conclude', ref, conclusion: 'failure', cause: { code: 'offers-exhausted', message } }
}

function viewsOf({ job, legs }: JobState): JobView[] {
  return legs.map(({ leg, ref, state }) => ({
    job: leg.key,
    id: job.id,
    name: leg.name,
    needs: job.needs,
    ref,
    ...viewOf(state),
  }))
}

function viewOf(state: TryState): Pick<JobView, 'state' | 'conclusion' | 'cause' | 'outputs'> {
  switch (state.kind) {
    case 'absent':
      return { state: 'waiting', outputs: {} }
    case 'offered':
    case 'revoked':
      return { state: 'queued', outputs: {} }
    case 'claimed':
    case 'started':
      return { state: state.kind, outputs: {} }
    case 'done': {
      const { conclusion, cause, outputs } = state
      return { state: 'done', conclusion, ...(cause === undefined ? {} : { cause }), outputs }
    }
  }
}
