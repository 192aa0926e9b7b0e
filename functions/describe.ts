/** A run as people and CI are told of it. */
import { advance, type JobView } from '../shared/run.ts'
import type { RunDescription } from '../shared/trigger.ts'
import type { KnownRun } from './ledger.ts'

/** The run without its jobs: a line of the list. */
export type RunSummary = Omit<RunDescription, 'jobs'>

export function describeRun(known: KnownRun, url: string): RunDescription {
  return { ...summarizeRun(known), jobs: advance(known.plan, known.facts).jobs.map((job) => describeJob(job, url)) }
}

export function summarizeRun({ plan, facts, closed }: KnownRun): RunSummary {
  return {
    run: plan.run,
    runNumber: plan.runNumber,
    runAttempt: facts.runAttempt,
    workflow: plan.workflow.name ?? plan.workflow.file,
    file: plan.workflow.file,
    name: plan.workflow.name ?? plan.workflow.file,
    event: plan.event.name,
    repository: plan.ref.repository,
    ref: plan.ref.ref,
    sha: plan.ref.sha,
    ...(closed === undefined ? { state: 'open' } : { state: 'closed', conclusion: closed.conclusion }),
    createdAtMs: plan.createdAtMs,
  }
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
