/** What the steps so far have made of a job: a fold over their results. */
import type { Conclusion } from '../../shared/run.ts'
import { addPaths, type Variables } from '../step/environment.ts'
import type { Interruption, StepResult } from './entry.ts'
import { type Position, START } from './event-buffer.ts'

/** What the steps so far have made of the job; folded again from the journal by whoever goes on. */
export interface JobState {
  /** `job.status`. Changed by a step that failed and by what cancels the job; the worst stays. */
  readonly status: Exclude<Conclusion, 'skipped'>
  /** Trigger, workflow, job and GITHUB_ENV. */
  readonly env: Variables
  /** Entries of GITHUB_PATH, the latest last. */
  readonly path: readonly string[]
  readonly steps: readonly StepResult[]
  readonly interruptions: readonly Interruption[]
  /** Of the last thing that happened, in milliseconds since the epoch: the time of what has none of its own. */
  readonly atMs: number
  /** Of all that was said, at the end of the last step. */
  readonly position: Position
}

/** Before the first step. */
export function initialState(atMs: number): JobState {
  return { status: 'success', env: {}, path: [], steps: [], interruptions: [], atMs, position: START }
}

/** What a step hands on: its variables, paths and outcome. */
export function afterStep(state: JobState, result: StepResult): JobState {
  return {
    ...state,
    status: worst(state.status, result.conclusion),
    env: { ...state.env, ...result.env },
    path: addPaths(state.path, result.path),
    steps: [...state.steps, result],
    atMs: Math.max(state.atMs, result.atMs),
    position: result.position,
  }
}

/** A cancel or a time limit changes the job's status from here on. */
export function afterInterruption(state: JobState, interruption: Interruption): JobState {
  return {
    ...state,
    status: interruption.by === 'step-timeout' ? state.status : 'cancelled',
    interruptions: [...state.interruptions, interruption],
    atMs: Math.max(state.atMs, interruption.atMs),
  }
}

/** Source: actions/runner TaskResultUtil.MergeTaskResults. */
function worst(status: JobState['status'], conclusion: Conclusion): JobState['status'] {
  if (status === 'cancelled' || conclusion === 'cancelled') return 'cancelled'
  return status === 'failure' || conclusion === 'failure' ? 'failure' : 'success'
}
