/** One job while an agent runs it: its facts, and the ports through which everything about it goes. */
import type { Clock } from '../../shared/clock.ts'
import type { SourceRef } from '../../shared/plan.ts'
import type { Supervisor } from '../channel.ts'
import type { Masks } from '../log/mask.ts'
import type { Matchers } from '../log/matcher.ts'
import type { Variables } from '../step/environment.ts'
import type { Limits } from '../step/interruption.ts'
import type { JobFacts } from './context.ts'
import type { JobJournal } from './journal.ts'
import type { Outbox } from './outbox.ts'

/** What the steps of a job share while it runs. */
export interface JobRun {
  readonly facts: JobFacts
  readonly defaults: RunDefaults
  readonly supervisor: Supervisor
  readonly journal: JobJournal
  readonly outbox: Outbox
  /** Of the whole job; both only change by what the steps say. */
  readonly masks: Masks
  readonly matchers: Matchers
  readonly clock: Clock
  /** When the job's own time is over. */
  readonly limit: Limits['job']
  /** Aborted with the reason when somebody wants the job cancelled. */
  readonly asked: AbortSignal
  /** Aborted when this agent is to let go of the job, which goes on elsewhere. */
  readonly letGo: AbortSignal
  /** The gzipped tar of the run's source. */
  readonly bundle: (source: SourceRef) => Promise<Uint8Array>
}

/** `defaults.run` of the workflow and the job, evaluated. */
export interface RunDefaults {
  readonly shell?: string
  readonly workingDirectory?: string
}

/** What a job begins with: its environment and defaults, or why it cannot. */
export type SetUp =
  | { readonly ok: true; readonly env: Variables; readonly defaults: RunDefaults }
  | { readonly ok: false; readonly message: string }
