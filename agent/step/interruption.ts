/**
 * What may stop a job from outside, and when. Pure: the time and what was asked are arguments.
 *
 *   job:  running ──cancel | job-timeout──▶ cancelled ──cancel-timeout──▶ over (nothing more runs)
 *   step: running ──step-timeout | any of the above that its `if` does not outlive──▶ SIGINT ▶ SIGTERM ▶ SIGKILL
 */
import { CANCEL_SIGINT_MS, CANCEL_SIGTERM_MS } from '../../shared/limit.ts'
import type { Interruption } from '../job/entry.ts'
import type { StepSignal } from '../supervisor/protocol.ts'

type Cause = Pick<Interruption, 'by' | 'reason'>

/** What is known about the time limits of a job and the step that runs in it, in milliseconds since the epoch. */
export interface Limits {
  /** `cancelMinutes`: how long the job may go on once it is cancelled. */
  readonly job: { readonly atMs: number; readonly minutes: number; readonly cancelMinutes: number }
  readonly step?: { readonly atMs: number; readonly minutes: number }
}

const MINUTE_MS = 60_000

/** When a limit counted from `sinceMs` is reached. */
export function deadline(sinceMs: number, minutes: number): { readonly atMs: number; readonly minutes: number } {
  return { atMs: sinceMs + minutes * MINUTE_MS, minutes }
}

/** What interrupts now, if anything, given what has. Undefined: nothing new. `asked` is why somebody wants the job cancelled. */
export function dueInterruption(
  nowMs: number,
  limits: Limits,
  asked: string | undefined,
  past: readonly Interruption[],
): Cause | undefined {
  const cancelled = jobInterruption(past)
  if (cancelled === undefined) {
    if (asked !== undefined) return { by: 'cancel', reason: asked }
    if (nowMs >= limits.job.atMs) return { by: 'job-timeout', reason: jobTimeoutMessage(limits.job.minutes) }
  } else if (nowMs >= cancelDeadlineMs(cancelled, limits) && !isOver(past)) {
    return { by: 'cancel-timeout', reason: cancelTimeoutMessage(limits.job.cancelMinutes) }
  }
  const timedOut = past.some((entry) => entry.by === 'step-timeout')
  if (limits.step !== undefined && nowMs >= limits.step.atMs && !timedOut) {
    return { by: 'step-timeout', reason: `has timed out after ${limits.step.minutes} minutes.` }
  }
  return undefined
}

/** When `dueInterruption` is to be asked again, at the latest. */
export function nextDeadlineMs(limits: Limits, past: readonly Interruption[]): number {
  const cancelled = jobInterruption(past)
  const job = cancelled === undefined ? limits.job.atMs : isOver(past) ? Infinity : cancelDeadlineMs(cancelled, limits)
  const timedOut = past.some((entry) => entry.by === 'step-timeout')
  return Math.min(job, timedOut ? Infinity : (limits.step?.atMs ?? Infinity))
}

/** What cancelled the job. */
export function jobInterruption(past: readonly Interruption[]): Interruption | undefined {
  return past.find((entry) => entry.by === 'cancel' || entry.by === 'job-timeout')
}

/** A cancelled job has used up its time: nothing more runs. */
export function isOver(past: readonly Interruption[]): boolean {
  return past.some((entry) => entry.by === 'cancel-timeout')
}

function cancelDeadlineMs(cancelled: Interruption, { job }: Limits): number {
  return cancelled.atMs + job.cancelMinutes * MINUTE_MS
}

/** Source: the annotation GitHub gives such a job. */
function jobTimeoutMessage(minutes: number): string {
  return `The job has exceeded the maximum execution time of ${minutes} minutes.`
}

function cancelTimeoutMessage(minutes: number): string {
  return `The cancelled job has not ended within ${minutes} minutes.`
}

/** The signals to a step that must end, and when after its interruption. Source: actions/runner ProcessInvoker. */
export const STOP_SIGNALS: readonly { readonly signal: StepSignal; readonly afterMs: number }[] = [
  { signal: 'SIGINT', afterMs: 0 },
  { signal: 'SIGTERM', afterMs: CANCEL_SIGINT_MS },
  { signal: 'SIGKILL', afterMs: CANCEL_SIGINT_MS + CANCEL_SIGTERM_MS },
]
