/** Which jobs a rerun runs anew: the write-once fact of its run attempt. */
import { jobStates, selectedJobs } from './job.ts'
import type { Plan } from './plan.ts'
import type { RunFacts } from './run.ts'

/**
 * `all`; `failed`: what did not succeed, of a matrix only the legs that did not; or these jobs (`id`, or `id.index` for one leg). Always with
 * everything that needs them. Answers ids and leg keys for `RunFacts.reruns`, in the order of the file; empty when nothing fits.
 * `facts` are those of the run attempt before, which is over.
 */
export function rerunJobs(
  plan: Plan,
  facts: RunFacts,
  wanted: 'all' | 'failed' | readonly string[],
): readonly string[] {
  const jobs = selectedJobs(plan)
  if (wanted === 'all') return [...jobs.keys()]
  const chosen = wanted === 'failed' ? failedJobs(plan, facts) : known(plan, facts, wanted)
  const begun = new Set(chosen.map((key) => key.replace(/\.\d+$/, '')))
  const dependents = new Set<string>()
  for (const id of begun) {
    for (const job of jobs.values()) {
      if (!job.needs.includes(id)) continue
      dependents.add(job.id)
      begun.add(job.id)
    }
  }
  return [...jobs.keys()].flatMap((id) =>
    dependents.has(id) ? [id] : chosen.filter((key) => key.replace(/\.\d+$/, '') === id),
  )
}

/** A job that was skipped runs anew only as a dependent of one that was not. */
function failedJobs(plan: Plan, facts: RunFacts): string[] {
  return [...jobStates(plan, facts).values()].flatMap(({ job, verdict, legs }) => {
    const failed = legs.filter(
      ({ state }) => state.kind === 'done' && (state.conclusion === 'failure' || state.conclusion === 'cancelled'),
    )
    if (failed.length === 0) return []
    const whole = failed.length === legs.length || verdict.kind === 'fail'
    return whole ? [job.id] : failed.map(({ leg }) => leg.key)
  })
}

function known(plan: Plan, facts: RunFacts, wanted: readonly string[]): string[] {
  const states = [...jobStates(plan, facts).values()]
  const keys = new Set(states.flatMap(({ job, legs }) => [job.id, ...legs.map(({ leg }) => leg.key)]))
  return wanted.filter((key) => keys.has(key))
}
