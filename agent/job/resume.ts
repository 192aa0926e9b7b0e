/** Where a job goes on: behind everything that is journaled as finished and held by the dispatcher. Pure. */
import type { HeldEvents } from '../dispatcher.ts'
import type { MatcherConfig } from '../log/matcher.ts'
import { type Entry, entriesOf, type Interruption, type StepResult } from './entry.ts'
import { type Position, START } from './event-buffer.ts'
import { afterInterruption, afterStep, type JobState } from './state.ts'

/** Where a job goes on. */
export interface ResumePoint {
  /** Number of the first step that is run, or replayed. */
  readonly nextStep: number
  /** Where its first word, or its checkpoint, stands in all that is said. */
  readonly from: Position
  /** Hidden by the steps before. */
  readonly masks: readonly string[]
  readonly matchers: readonly MatcherConfig[]
  /** The job's state after the steps before, given the one after its set-up. */
  stateAfter(initial: JobState): JobState
}

/** Number of the job's first own step; "Set up job" is before it. */
const FIRST_STEP = 2

/** A step that is not held to its end is replayed from its records, so what is missing of it is said again. */
export function resumePoint(journal: readonly Entry[], held: HeldEvents): ResumePoint {
  const results = heldResults(journal, held)
  const nextStep = FIRST_STEP + results.length
  const checkpoint = entriesOf(journal, 'checkpoint', nextStep).findLast(({ position }) => isHeld(position, held))
  const last = results.at(-1)
  return {
    nextStep,
    from: checkpoint?.position ?? last?.position ?? START,
    masks: results.flatMap((result) => result.masks),
    matchers: last?.matchers ?? [],
    stateAfter: (initial) => results.reduce((state, result) => applied(journal, state, result), initial),
  }
}

function heldResults(journal: readonly Entry[], held: HeldEvents): readonly StepResult[] {
  const finished = journal.flatMap((entry) => (entry.kind === 'finished' ? [entry.result] : []))
  const results: StepResult[] = []
  for (let step = FIRST_STEP; ; step += 1) {
    const result = finished.find((candidate) => candidate.step === step)
    if (result === undefined || !isHeld(result.position, held)) return results
    results.push(result)
  }
}

function isHeld(position: Position, held: HeldEvents): boolean {
  return position.discrete <= held.discrete && position.logBytes <= held.logOffset
}

function applied(journal: readonly Entry[], state: JobState, result: StepResult): JobState {
  const interruptions: readonly Interruption[] = entriesOf(journal, 'interrupted', result.step)
  return afterStep(interruptions.reduce(afterInterruption, state), result)
}
