/** Watches a running step: hears a cancel, keeps its time limits, and makes it end where it must. */

import type { Interruption } from '../job/entry.ts'
import type { JobRun } from '../job/run.ts'
import { afterInterruption, type JobState } from '../job/state.ts'
import { dueInterruption, isOver, jobInterruption, type Limits, nextDeadlineMs, STOP_SIGNALS } from './interruption.ts'

/** A running step that may be stopped. */
export interface Watched {
  readonly run: JobRun
  readonly step: number
  /** The step's key at the supervisor. */
  readonly key: string
  readonly limits: Limits
  /** What interrupted the job before this step. */
  readonly before: readonly Interruption[]
  /** Whether the step goes on in a cancelled job: its `if`, asked again. */
  readonly outlivesCancel: () => Promise<boolean>
}

/** What interrupted the step, and which of it made it end. */
export interface WatchResult {
  readonly interruptions: readonly Interruption[]
  readonly stoppedBy: Interruption | undefined
}

/** A rejection kept until the watch is over. */
interface Failure {
  readonly error: unknown
}

/** Longest sleep at once, in milliseconds: timers overflow at 2^31. */
const SLEEP_MAX_MS = 3_600_000

/**
 * Until `over` is aborted: the step has ended. What happens is journaled before the step hears of it. Nothing new happens to a step that is not
 * `running`: what interrupted it was written down while it ran.
 */
export async function watchStep(watched: Watched, over: AbortSignal, running: boolean): Promise<WatchResult> {
  const { run, step, limits } = watched
  const during = [...run.journal.past('interrupted', step).filter((entry) => entry.during)]
  let stoppedBy: Interruption | undefined
  let stopping: Promise<Failure | undefined> = Promise.resolve(undefined)
  let judged = 0
  while (true) {
    for (; judged < during.length; judged += 1) {
      const cause = during[judged]
      if (cause === undefined || stoppedBy !== undefined || !(await mustStop(watched, cause))) continue
      stoppedBy = cause
      stopping = stopStep(watched, cause, over).then(
        () => undefined,
        (error: unknown) => ({ error }),
      )
    }
    if (over.aborted || !running) break
    const due = await interrupt(watched, during)
    if (due !== undefined) during.push(due)
    else await untilSomething(run, limits, [...watched.before, ...during], over)
  }
  const failure = await stopping
  run.letGo.throwIfAborted()
  if (failure !== undefined) throw failure.error
  return { interruptions: during, stoppedBy: heaviest(during, stoppedBy) }
}

/** A cancel that comes while a step is made to end for its own time limit counts as the cancel. Source: actions/runner StepsRunner. */
function heaviest(during: readonly Interruption[], stoppedBy: Interruption | undefined): Interruption | undefined {
  return stoppedBy?.by === 'step-timeout' ? (jobInterruption(during) ?? stoppedBy) : stoppedBy
}

async function interrupt(watched: Watched, during: readonly Interruption[]): Promise<Interruption | undefined> {
  const { run, step, limits, before } = watched
  const nowMs = run.clock.nowMs()
  const asked = run.asked.aborted ? String(run.asked.reason) : undefined
  const due = dueInterruption(nowMs, limits, asked, [...before, ...during])
  if (due === undefined) return undefined
  const interruption: Interruption = { kind: 'interrupted', ...due, step, during: true, atMs: nowMs }
  await run.journal.append(interruption)
  return interruption
}

async function mustStop(watched: Watched, interruption: Interruption): Promise<boolean> {
  switch (interruption.by) {
    case 'step-timeout':
    case 'cancel-timeout':
      return true
    case 'cancel':
    case 'job-timeout':
      return !(await watched.outlivesCancel())
  }
}

async function stopStep(watched: Watched, cause: Interruption, over: AbortSignal): Promise<void> {
  const { run, key } = watched
  const ended = AbortSignal.any([over, run.letGo])
  for (const { signal, afterMs } of STOP_SIGNALS) {
    await pause(run, cause.atMs + afterMs - run.clock.nowMs(), ended)
    if (ended.aborted) return
    await run.supervisor.signal(key, signal)
  }
}

async function untilSomething(
  run: JobRun,
  limits: Limits,
  past: readonly Interruption[],
  over: AbortSignal,
): Promise<void> {
  const heard = jobInterruption(past) !== undefined || isOver(past)
  const signals = heard ? [over, run.letGo] : [over, run.letGo, run.asked]
  await pause(run, nextDeadlineMs(limits, past) - run.clock.nowMs(), AbortSignal.any(signals))
  run.letGo.throwIfAborted()
}

/** Shorter where a signal wakes it; which one, the caller asks. */
async function pause(run: JobRun, ms: number, signal: AbortSignal): Promise<void> {
  if (ms <= 0 || signal.aborted) return
  try {
    await run.clock.sleep(Math.min(ms, SLEEP_MAX_MS), signal)
  } catch (error) {
    if (!signal.aborted) throw error
  }
}

/**
 * What interrupts a job between two steps, journaled. While a replay repeats what was said before, or where the step was begun, nothing
 * new interrupts: it would contradict what somebody has read or what was started.
 */
export async function interruptBefore(run: JobRun, step: number, before: JobState): Promise<JobState> {
  const past = run.journal.past('interrupted', step).filter((entry) => !entry.during)
  let state = past.reduce(afterInterruption, before)
  if (run.outbox.catchingUp || run.journal.past('begun', step).length > 0) return state
  while (true) {
    const nowMs = run.clock.nowMs()
    const asked = run.asked.aborted ? String(run.asked.reason) : undefined
    const due = dueInterruption(nowMs, { job: run.limit }, asked, state.interruptions)
    if (due === undefined) return state
    const interruption: Interruption = { kind: 'interrupted', ...due, step, during: false, atMs: nowMs }
    await run.journal.append(interruption)
    state = afterInterruption(state, interruption)
  }
}
