/** What people may still do to a run: cancel it, or run it again. */
import type * as z from 'zod'
import { rerunJobs } from '../shared/rerun.ts'
import type { rerunSchema } from '../shared/trigger.ts'
import type { Person } from './access.ts'
import type { Dispatcher } from './dispatcher.ts'
import { type AttemptFact, factBody, parseFact } from './fact.ts'
import { attemptKey, cancelKey, openKey } from './keys.ts'
import type { KnownRun } from './ledger.ts'
import { RefusedError } from './refusal.ts'
import { settleRun } from './settle.ts'

/** Cancels the current run attempt. Repeating it is fine. Refuses `not-found`, `run-closed`. */
export async function cancelRun(dispatcher: Dispatcher, run: number, by: Person): Promise<void> {
  const known = await knownRun(dispatcher, run)
  if (known.closed !== undefined) throw new RefusedError('run-closed', 'there is nothing left to cancel')
  const reason = `${by.name} cancelled the run`
  const fact = { reason, atMs: dispatcher.ports.clock.nowMs() }
  await dispatcher.ledger.write(run, cancelKey(run, known.facts.runAttempt), fact)
  await settleRun(dispatcher, run)
}

/**
 * Runs jobs again, each with all that needs it, as a new run attempt: the fact that names them is written once, so two who ask for the same at once
 * get the same. Answers with the run attempt. Refuses `not-found`, `run-open`, `invalid`.
 */
export async function rerun(
  dispatcher: Dispatcher,
  run: number,
  wanted: z.infer<typeof rerunSchema>['jobs'],
  by: Person,
): Promise<number> {
  const { ports, ledger } = dispatcher
  const known = await knownRun(dispatcher, run)
  if (known.closed === undefined) return joinRerun(dispatcher, known, wanted)
  const jobs = jobsOf(known, wanted)
  const runAttempt = known.facts.runAttempt + 1
  const fact: AttemptFact = { jobs, by: by.name, atMs: ports.clock.nowMs() }
  const { body } = await ledger.write(run, attemptKey(run, runAttempt), fact)
  if (!sameJobs(parseFact.attempt(body).jobs, jobs))
    throw new RefusedError('run-open', 'other jobs are being run again')
  await ports.store.putIfAbsent(openKey(run, runAttempt), factBody({}))
  await settleRun(dispatcher, run)
  return runAttempt
}

/** Who comes second asks for what runs already: the same jobs of the run attempt before. */
async function joinRerun(
  dispatcher: Dispatcher,
  { plan, facts }: KnownRun,
  wanted: z.infer<typeof rerunSchema>['jobs'],
): Promise<number> {
  const running = facts.reruns.get(facts.runAttempt)
  const before = running === undefined ? undefined : await dispatcher.ledger.load(plan.run, facts.runAttempt - 1)
  if (running === undefined || before === undefined || !sameJobs(running, rerunJobs(plan, before.facts, wanted)))
    throw new RefusedError('run-open', 'cancel it, or wait for its end')
  return facts.runAttempt
}

function jobsOf({ plan, facts }: KnownRun, wanted: z.infer<typeof rerunSchema>['jobs']): readonly string[] {
  const jobs = rerunJobs(plan, facts, wanted)
  if (jobs.length > 0) return jobs
  throw new RefusedError('invalid', wanted === 'failed' ? 'no job failed' : 'the run has none of these jobs')
}

function sameJobs(a: readonly string[], b: readonly string[]): boolean {
  return a.length === b.length && a.every((job, at) => job === b[at])
}

/** Refuses `not-found`. */
export async function knownRun({ ledger }: Dispatcher, run: number, runAttempt?: number): Promise<KnownRun> {
  const known = await ledger.load(run, runAttempt)
  if (known === undefined) throw new RefusedError('not-found', 'there is no such run')
  return known
}
