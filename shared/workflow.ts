/**
 * A workflow as Longshore understands it: plain JSON, every expression kept as it was written and with its place. Made by
 * `parseWorkflow` (shared/parse.ts) and never invalid: what is refused there does not get here.
 */
import type { Expression, MappingTemplate, Place, Template } from './template.ts'

/** A workflow file without problems. */
export interface Workflow {
  /** Path relative to the repository, for example `.github/workflows/ci.yml`. */
  readonly file: string
  readonly name?: string
  readonly runName?: Template
  /** One entry per event of `on`, in the order of the file. */
  readonly on: readonly EventTrigger[]
  readonly env?: Template
  readonly defaults: RunDefaults
  readonly permissions?: Template
  readonly concurrency?: Template
  /** In the order of the file. */
  readonly jobs: readonly Job[]
}

/** An event of `on` with its filters and inputs as written (`null` when it has none). */
export interface EventTrigger {
  readonly event: string
  readonly config: Template
  readonly at: Place
}

/** `defaults.run`, of the workflow or of a job. */
export interface RunDefaults {
  readonly shell?: Template
  readonly workingDirectory?: Template
}

/** A job as it is written; nothing of it is evaluated. */
export interface Job {
  readonly id: string
  readonly at: Place
  readonly name?: Template
  readonly needs: readonly string[]
  /** Without `${{ }}`; the status function is not yet added. */
  readonly if?: Expression
  readonly runsOn: Template
  readonly strategy?: Strategy
  readonly continueOnError?: Template
  readonly timeoutMinutes?: Template
  /** How long a cancelled job may go on, in minutes. */
  readonly cancelTimeoutMinutes?: Template
  readonly env?: Template
  readonly defaults: RunDefaults
  readonly outputs?: MappingTemplate
  readonly permissions?: Template
  readonly concurrency?: Template
  readonly environment?: Template
  readonly steps: readonly Step[]
}

/** `jobs.<id>.strategy` as it is written. */
export interface Strategy {
  readonly at: Place
  readonly matrix?: Template
  readonly failFast?: Template
  readonly maxParallel?: Template
}

interface StepBase {
  /** Unique in its job. Generated ids start with `__` and name no entry of the `steps` context. */
  readonly id: string
  readonly at: Place
  readonly name?: Template
  readonly if?: Expression
  readonly env?: Template
  readonly continueOnError?: Template
  readonly timeoutMinutes?: Template
}

/** A step that is a script. */
export interface RunStep extends StepBase {
  readonly kind: 'run'
  readonly run: Template
  readonly shell?: Template
  readonly workingDirectory?: Template
}

/** A step that is an action. */
export interface UsesStep extends StepBase {
  readonly kind: 'uses'
  /** As written, for example `actions/checkout@v4`. */
  readonly uses: string
  readonly with?: Template
}

export type Step = RunStep | UsesStep
