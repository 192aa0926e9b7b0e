/**
 * What is known of a run from its events, folded one by one. Everything that is shown is drawn from this, so that the live tree, the
 * plain lines and the summary cannot disagree.
 */
import type { JobEvent, RunEvent } from '../shared/event.ts'
import type { Conclusion } from '../shared/run.ts'

type JobStateEvent = Extract<RunEvent, { kind: 'job-state' }>
type Annotation = Extract<JobEvent, { kind: 'annotation' }>

/** A run as its events have told it so far. */
export interface RunView {
  readonly run?: number
  readonly name: string
  readonly event: string
  readonly startedMs?: number
  readonly endedMs?: number
  readonly conclusion?: 'success' | 'failure' | 'cancelled'
  /** In the order in which the run's events first name them. */
  readonly jobs: readonly JobView[]
}

/** A job, or one leg of a matrix. */
export interface JobView {
  readonly job: string
  readonly runAttempt: number
  readonly name: string
  readonly state: JobStateEvent['state']
  readonly conclusion?: Conclusion
  readonly cause?: { readonly code: string; readonly message: string }
  readonly startedMs?: number
  readonly endedMs?: number
  readonly steps: readonly StepView[]
  readonly annotations: readonly Annotation[]
  readonly summaries: readonly string[]
}

/** A step that has begun or ended. */
export interface StepView {
  readonly step: number
  readonly name: string
  readonly startedMs?: number
  readonly endedMs?: number
  readonly outcome?: Conclusion
  readonly conclusion?: Conclusion
  /** The newest part of the step's log, for the case that it fails. */
  readonly log: LogTail
}

/** The newest part of a log. */
export interface LogTail {
  readonly chunks: readonly string[]
  readonly characters: number
  /** Older text was let go. */
  readonly cut: boolean
}

/**
 * How much of a step's log is kept to be shown if it fails, in characters; older text is let go and `longshore logs` has it all.
 * Some 5,000 lines: more than a terminal keeps.
 */
const LOG_TAIL_CHARACTERS_MAX = 512 * 1024

/** Before the first event. */
export const emptyView: RunView = { name: '', event: '', jobs: [] }

const emptyTail: LogTail = { chunks: [], characters: 0, cut: false }

/** The view after one more event of the stream. */
export function foldEvent(view: RunView, event: RunEvent): RunView {
  switch (event.kind) {
    case 'run-started':
      return { ...view, run: event.run, name: event.name, event: event.event, startedMs: event.atMs }
    case 'job-state':
      return withJob(view, event.job, (job) => foldState(job, event))
    case 'job-event':
      return withJob(view, event.job, (job) => foldJobEvent(job, event.event))
    case 'run-ended':
      return { ...view, conclusion: event.conclusion, endedMs: event.atMs }
  }
}

/** The leg whose id this is. */
export function jobOf(view: RunView, id: string): JobView | undefined {
  return view.jobs.find((job) => job.job === id)
}

function withJob(view: RunView, id: string, change: (job: JobView) => JobView): RunView {
  const index = view.jobs.findIndex((job) => job.job === id)
  const before = view.jobs[index]
  if (before === undefined) return { ...view, jobs: [...view.jobs, change(newJob(id, id, 1))] }
  return { ...view, jobs: view.jobs.with(index, change(before)) }
}

function newJob(job: string, name: string, runAttempt: number): JobView {
  return { job, name, runAttempt, state: 'waiting', steps: [], annotations: [], summaries: [] }
}

function foldState(job: JobView, event: JobStateEvent): JobView {
  const before = event.runAttempt > job.runAttempt ? newJob(job.job, event.name, event.runAttempt) : job
  return {
    ...before,
    name: event.name,
    state: event.state,
    ...(event.conclusion === undefined ? {} : { conclusion: event.conclusion }),
    ...(event.cause === undefined ? {} : { cause: event.cause }),
    ...(event.state === 'started' ? { startedMs: event.atMs } : {}),
    ...(event.state === 'done' ? { endedMs: event.atMs } : {}),
  }
}

function foldJobEvent(job: JobView, event: JobEvent): JobView {
  switch (event.kind) {
    case 'step-started':
      return withStep(job, event.step, (step) => ({ ...step, name: event.name, startedMs: event.atMs }))
    case 'step-ended':
      return withStep(job, event.step, (step) => ({
        ...step,
        name: event.name,
        outcome: event.outcome,
        conclusion: event.conclusion,
        endedMs: event.atMs,
        // What did not fail is not shown again: let its log go.
        log: event.outcome === 'failure' ? step.log : emptyTail,
      }))
    case 'log':
      return withStep(job, event.step, (step) => ({ ...step, log: appended(step.log, event.text) }))
    case 'annotation':
      return { ...job, annotations: [...job.annotations, event] }
    case 'summary':
      return { ...job, summaries: [...job.summaries, event.markdown] }
  }
}

function withStep(job: JobView, number: number, change: (step: StepView) => StepView): JobView {
  const index = job.steps.findIndex((step) => step.step === number)
  const before = job.steps[index]
  if (before !== undefined) return { ...job, steps: job.steps.with(index, change(before)) }
  return { ...job, steps: [...job.steps, change({ step: number, name: `Step ${number}`, log: emptyTail })] }
}

function appended(tail: LogTail, text: string): LogTail {
  const chunks = [...tail.chunks, text]
  let characters = tail.characters + text.length
  let first = 0
  while (characters > LOG_TAIL_CHARACTERS_MAX && first < chunks.length - 1) characters -= chunks[first++]?.length ?? 0
  return { chunks: first === 0 ? chunks : chunks.slice(first), characters, cut: tail.cut || first > 0 }
}
