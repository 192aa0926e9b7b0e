/** A run as people and CI are told of it. */
import type * as z from 'zod'
import { githubContext } from '../shared/context.ts'
import { evaluateText } from '../shared/expression.ts'
import type { Plan } from '../shared/plan.ts'
import { advance, type JobView } from '../shared/run.ts'
import type { RunDescription, runsSchema } from '../shared/trigger.ts'
import type { Dispatcher } from './dispatcher.ts'
import { parseRunsKey, RUNS_PREFIX } from './keys.ts'
import type { KnownRun } from './ledger.ts'
import { RUNS_PER_PAGE_MAX } from './limit.ts'

/** The run without its jobs: a line of the list. */
export type RunSummary = Omit<RunDescription, 'jobs'>

/** The page of a run. `url` is where this dispatcher is reached. */
export function describeRun(known: KnownRun, url: string): RunDescription {
  return { ...summarizeRun(known), jobs: advance(known.plan, known.facts).jobs.map((job) => describeJob(job, url)) }
}

/** A row in the list of runs: all of its page but the jobs. */
export function summarizeRun({ plan, facts, closed }: KnownRun): RunSummary {
  return {
    run: plan.run,
    runNumber: plan.runNumber,
    runAttempt: facts.runAttempt,
    workflow: plan.workflow.name ?? plan.workflow.file,
    file: plan.workflow.file,
    name: runName(plan, facts.runAttempt),
    event: plan.event.name,
    repository: plan.ref.repository,
    ref: plan.ref.ref,
    sha: plan.ref.sha,
    ...(closed === undefined ? { state: 'open' } : { state: 'closed', conclusion: closed.conclusion }),
    createdAtMs: plan.createdAtMs,
  }
}

/** `run-name`, or the workflow's name where there is none or it cannot be told. Source: GitHub's documentation, "Workflow syntax". */
function runName(plan: Plan, runAttempt: number): string {
  const { runName: template, name, file } = plan.workflow
  const contexts = { github: githubContext(plan, runAttempt), inputs: plan.inputs, vars: plan.vars }
  const told = evaluateText(template, { contexts })
  return told.ok && told.value.trim() !== '' ? told.value : (name ?? file)
}

function describeJob(job: JobView, url: string): RunDescription['jobs'][number] {
  const { ref, name, needs, state, conclusion, cause } = job
  return {
    job: job.job,
    name,
    needs: [...needs],
    state,
    ...(conclusion === undefined ? {} : { conclusion }),
    ...(cause === undefined ? {} : { cause }),
    log: `${url}/v1/runs/${ref.run}/jobs/${encodeURIComponent(job.job)}/log?runAttempt=${ref.runAttempt}`,
  }
}

/** A page of the list, newest first; `after` is the `next` of the page before. */
export async function listRuns({ ports, ledger }: Dispatcher, after?: string): Promise<z.infer<typeof runsSchema>> {
  const runs: RunSummary[] = []
  let last: string | undefined
  for await (const key of ports.store.list(RUNS_PREFIX, after === undefined ? undefined : RUNS_PREFIX + after)) {
    if (runs.length === RUNS_PER_PAGE_MAX) return { runs, ...(last === undefined ? {} : { next: last }) }
    const run = parseRunsKey(key)
    const known = run === undefined ? undefined : await ledger.load(run)
    if (known !== undefined) runs.push(summarizeRun(known))
    last = key.slice(RUNS_PREFIX.length)
  }
  return { runs }
}
