/** Plans and facts for tests, in few words. */
import assert from 'node:assert/strict'
import { parseWorkflow } from '../../shared/parse.ts'
import { buildPlan, type Plan } from '../../shared/plan.ts'
import { advance, type Conclusion, type Decision, type RunFacts, type RunView } from '../../shared/run.ts'
import { triggerSchema } from '../../shared/trigger.ts'
import { type Cause, nextOffer, type TryEntry, tryState } from '../../shared/try.ts'
import type { Workflow } from '../../shared/workflow.ts'

export const FILE = '.github/workflows/ci.yml'

export function workflowOf(text: string): Workflow {
  const parsed = parseWorkflow(FILE, text)
  assert.ok(parsed.ok, parsed.ok ? '' : JSON.stringify(parsed.problems))
  return parsed.value
}

/** `jobs` is what stands below `jobs:`, each job without `runs-on` and `steps` given those. */
export function planOf(jobs: { readonly [id: string]: string }, change: Partial<Plan> = {}): Plan {
  const texts = Object.entries(jobs).map(
    ([id, text]) => `  ${id}:\n    runs-on: linux\n    steps: [{ run: 'true' }]\n${text.replaceAll(/^/gm, '    ')}\n`,
  )
  const workflow = workflowOf(`on: push\njobs:\n${texts.join('')}`)
  const trigger = triggerSchema.parse({ workflow: { file: FILE } })
  const plan = buildPlan(workflow, trigger, ORIGIN)
  assert.ok(plan.ok)
  return { ...plan.value, ...change }
}

export const ORIGIN = {
  run: 7,
  runNumber: 3,
  provenance: { kind: 'uploaded', by: 'tester' },
  trust: { event: 'push', actor: 'local', fork: false, protectedRef: false, workflowFrom: 'head' },
  createdAtMs: 1_000,
} as const

export type Log = readonly TryEntry[]
type Outputs = { readonly [name: string]: string }

export const OFFERED: Log = [{ kind: 'offered', offer: 0, cluster: 'eu', atMs: 1, expiresMs: 9 }]
export const CLAIMED: Log = [...OFFERED, { kind: 'claimed', offer: 0, cluster: 'eu', agent: 'one', epoch: 1, atMs: 2 }]
export const STARTED: Log = [...CLAIMED, { kind: 'started', epoch: 1, atMs: 3 }]

export function ended(conclusion: 'success' | 'failure' | 'cancelled', outputs: Outputs = {}, atMs = 4): Log {
  return [...STARTED, { kind: 'ended', epoch: 1, conclusion, outputs, atMs }]
}

export function concluded(conclusion: 'failure' | 'cancelled' | 'skipped', cause?: Cause): Log {
  return [{ kind: 'concluded', conclusion, atMs: 4, ...(cause === undefined ? {} : { cause }) }]
}

export const SUCCESS = ended('success')
export const FAILURE = ended('failure')
export const CANCEL = { cancelled: { reason: 'cancelled by tester', atMs: 5 } }

/** Logs of try 0 by job key, of the first run attempt. */
export function factsOf(logs: { readonly [key: string]: Log }, more: Partial<RunFacts> = {}): RunFacts {
  return { runAttempt: 1, reruns: new Map(), logs: new Map([[1, triesOf(logs)]]), ...more }
}

export function triesOf(logs: { readonly [key: string]: Log }): Map<string, Log[]> {
  return new Map(Object.entries(logs).map(([key, log]) => [key, [log]]))
}

/** What is decided, one line each: `offer build`, `skipped test.0`, `close success`. */
export function decided(view: RunView): string[] {
  return view.decisions.map(lineOf)
}

export function lineOf(decision: Decision): string {
  switch (decision.kind) {
    case 'offer':
      return `offer ${decision.ref.job}`
    case 'conclude':
      return `${decision.conclusion} ${decision.ref.job}`
    case 'close':
      return `close ${decision.conclusion}`
  }
}

export function causeOfDecision(view: RunView, job: string): Cause | undefined {
  for (const decision of view.decisions) {
    if (decision.kind === 'conclude' && decision.ref.job === job) return decision.cause
  }
  return undefined
}

export function cancelled(view: RunView): string[] {
  return view.cancels.map(({ ref }) => ref.job)
}

export function conclusions(view: RunView): { [job: string]: Conclusion | undefined } {
  return Object.fromEntries(view.jobs.map((job) => [job.job, job.conclusion]))
}

/** Writes one decision into the facts, as a dispatcher would. */
export function written(facts: RunFacts, decision: Decision): RunFacts {
  if (decision.kind === 'close') return facts
  const { runAttempt, job } = decision.ref
  const log = facts.logs.get(runAttempt)?.get(job)?.[0] ?? []
  const entry: TryEntry =
    decision.kind === 'offer'
      ? { kind: 'offered', offer: nextOffer(tryState(log)), cluster: 'eu', atMs: log.length, expiresMs: 99 }
      : { kind: 'concluded', conclusion: decision.conclusion, atMs: log.length }
  return appended(facts, runAttempt, job, [entry])
}

export function appended(facts: RunFacts, runAttempt: number, job: string, entries: Log): RunFacts {
  const attempt = new Map(facts.logs.get(runAttempt) ?? [])
  attempt.set(job, [[...(attempt.get(job)?.[0] ?? []), ...entries]])
  return { ...facts, logs: new Map(facts.logs).set(runAttempt, attempt) }
}

/** Runs to the end: what is offered ends as `ends` says, by default as a success. Answers the last view and facts. */
export function played(
  plan: Plan,
  ends: { readonly [key: string]: Log } = {},
  facts: RunFacts = factsOf({}),
): { readonly view: RunView; readonly facts: RunFacts } {
  let known = facts
  for (let round = 0; round < 1_000; round += 1) {
    const view = advance(plan, known)
    if (view.conclusion !== undefined) return { view, facts: known }
    assert.notEqual(view.decisions.length, 0, 'a run that is not over decides something')
    for (const decision of view.decisions) {
      known = written(known, decision)
      if (decision.kind !== 'offer') continue
      const { runAttempt, job } = decision.ref
      known = appended(known, runAttempt, job, (ends[job] ?? SUCCESS).slice(1))
    }
  }
  return assert.fail('the run never ends')
}
