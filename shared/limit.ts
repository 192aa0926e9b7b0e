/** Every bound of the system: what, unit, consequence, source. Where a user meets one, the message names it. */

/**
 * How long a received job stays hidden from other agents, in seconds. Renewed at a third; a dead agent's job reappears after
 * one period. Source: SQS allows 0–43,200 s (SQS developer guide, message quotas).
 */
export const VISIBILITY_TIMEOUT_S = 60

/** Most legs a matrix may have. Source: GitHub's documentation, "Workflow limits". */
export const MATRIX_LEGS_MAX = 256

/** Longest expression, in characters. Source: actions/runner ExpressionConstants.MaxLength. */
export const EXPRESSION_LENGTH_MAX = 21_000

/** Default of a job's `timeout-minutes`. Source: GitHub's documentation, "Workflow syntax". */
export const JOB_TIMEOUT_DEFAULT_MIN = 360

/** Between SIGINT and SIGTERM when a step is cancelled, in milliseconds. Source: actions/runner ProcessInvoker. */
export const CANCEL_SIGINT_MS = 7_500

/** Between SIGTERM and SIGKILL when a step is cancelled, in milliseconds. Source: actions/runner ProcessInvoker. */
export const CANCEL_SIGTERM_MS = 2_500

/** How long a cancelled job may go on with `always()` steps, in minutes. Source: actions/runner, cancel-timeout-minutes. */
export const CANCEL_TIMEOUT_DEFAULT_MIN = 5

/** Longest time between two heartbeats of an agent, in milliseconds: how long a cancel may take to reach a silent step. */
export const HEARTBEAT_INTERVAL_MS = 5_000

/** Annotations kept per level and step. Source: actions/runner ExecutionContext. */
export const ANNOTATIONS_PER_STEP_MAX = 10

/** Longest annotation message, in characters; longer ones are cut. Source: actions/runner ExecutionContext. */
export const ANNOTATION_MESSAGE_MAX = 4_096

/** Largest step summary, in bytes; a larger one is dropped with an error in the log. Source: actions/runner CreateStepSummaryCommand. */
export const STEP_SUMMARY_BYTES_MAX = 1_048_576

/** Largest single job output, in bytes; a larger one fails the job. Source: GitHub's documentation, "Workflow syntax", outputs. */
export const JOB_OUTPUT_BYTES_MAX = 1_048_576
