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

/** Default of a job's `cancel-timeout-minutes`: how long `always()` steps may go on once it is cancelled. Source: actions/runner. */
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

/** Largest log text of one event, in bytes of UTF-8; more becomes several events. A single line longer than that stays whole. */
export const LOG_EVENT_BYTES_MAX = 524_288

/** Events an agent sends in one request, in bytes, about; more wait for the next. */
export const EVENTS_REQUEST_BYTES_MAX = 1_048_576

/** What an agent holds of a job's unsent events, in bytes; above it the job's output is read no further until some are sent. */
export const EVENTS_UNSENT_BYTES_MAX = 4_194_304

/** How long an event waits for others to be sent along, in milliseconds: what a viewer is behind at most. */
export const EVENTS_LINGER_MS = 200

/** First pause before a call is repeated that could not reach the other side, in milliseconds. Doubled each time. */
export const RETRY_PAUSE_MIN_MS = 100

/** Longest pause before a call is repeated, in milliseconds: how long after an outage everything goes on at the latest. */
export const RETRY_PAUSE_MAX_MS = 5_000

/** Output of a step between two checkpoints of its log, in bytes: how much another agent reads again at most. */
export const CHECKPOINT_BYTES = 16_777_216

/** Largest workflow file, in characters; a larger one is refused. Source: actions/runner WorkflowParser/ParseOptions.cs, MaxFileSize. */
export const WORKFLOW_CHARACTERS_MAX = 1_048_576

/** Deepest nesting of a workflow file; deeper ones are refused. Source: actions/runner WorkflowParser/ParseOptions.cs, MaxDepth. */
export const WORKFLOW_DEPTH_MAX = 50

/**
 * Most keys and values of a workflow file, those that YAML aliases repeat counted each time; a file with more is refused. 500 steps have
 * about 10,000. Source: ours; actions/runner allows 1,000,000, which takes seconds to read.
 */
export const WORKFLOW_NODES_MAX = 200_000

/** Largest answer of the dispatcher to an agent, in bytes: ten messages of the queue's own limit and room. */
export const AGENT_ANSWER_BYTES_MAX = 16_777_216

/** Longest a long poll of the HTTP queue waits, in seconds. Source: the limit SQS has (SQS API, ReceiveMessage WaitTimeSeconds). */
export const POLL_WAIT_S = 20

/** Messages of one poll. Source: SQS API, ReceiveMessage MaxNumberOfMessages. */
export const POLL_MESSAGES_MAX = 10

/** How long an agent's own token is good for, in seconds. Made anew in time; a copy is soon worthless. */
export const AGENT_TOKEN_S = 300

/** How often a message that cannot be verified may come back before it is deleted where no dead-letter queue took it. */
export const UNVERIFIED_RECEIVES_MAX = 5

/** Between two looks for pods whose owner died, in milliseconds: with the backend's own patience, how soon another agent goes on. */
export const ADOPT_INTERVAL_MS = 5_000

/** Largest configuration file, in bytes. */
export const CONFIG_BYTES_MAX = 1_048_576

/** How often a job that nobody starts is offered before it fails. Source: ours; design.md, "retried by itself only while it has not started". */
export const OFFERS_MAX = 5

/**
 * Longest line of a step's output that stays one line, in bytes; a longer one is written in pieces of this size, each a line of its own,
 * with no secret lost at the cuts. Bounds what a log holds back. Source: ours; the default size of a Linux pipe (pipe(7)).
 */
export const LOG_LINE_BYTES_MAX = 65_536

/**
 * Longest workflow command, in bytes; a longer one is not run, not printed, and fails its step. Source: ours; as the largest output GitHub
 * takes, and two of them, held back, fit a journal entry.
 */
export const COMMAND_BYTES_MAX = 1_048_576

/**
 * All that a step may set by workflow commands, masks included, in bytes of JSON; a command beyond that is not run and fails the step.
 * Source: ours; it is part of one journal entry.
 */
export const COMMAND_VALUES_BYTES_MAX = 2_097_152

/**
 * Longest value of an `add-mask`, in bytes; a longer one fails its step and withholds the rest of its output. Source: ours; GitHub's secrets
 * have 48 KB at most, and a log holds back as much of a long line as the longest form of a mask has.
 */
export const MASK_BYTES_MAX = 262_144

/** Problem matchers a job has at once; the oldest go. Source: ours; every line of output is held against each. */
export const MATCHERS_MAX = 100

/**
 * All problem matchers of a job, in bytes of JSON; the oldest go. Source: ours; the known ones have some hundred bytes each, and the time
 * a line takes grows with their length.
 */
export const MATCHERS_BYTES_MAX = 32_768

/**
 * Longest line that problem matchers see, in characters; longer ones are plain output. Source: ours; with MATCHERS_BYTES_MAX one line takes
 * 1.5 s at the very worst (23 ns per character of line and of pattern, measured), and the agent's other jobs have their turn between lines.
 */
export const MATCHER_LINE_MAX = 2_048

/** Longest pattern of a problem matcher, in characters; a file with a longer one is refused. Source: ours. */
export const MATCHER_PATTERN_MAX = 4_096

/**
 * Longest signed token that is looked at, in characters; a longer one is malformed. Source: ours; a job message holds at most a trigger and what
 * the job needs, 32 MB and 50 MB, in base64. What a queue carries is for its adapter to say.
 */
export const TOKEN_CHARACTERS_MAX = 134_217_728

/** Largest problem matcher file, in bytes; a larger one counts as missing. The largest known ones have some KB. */
export const MATCHER_FILE_BYTES_MAX = 1_048_576

/** How long a pod outlives its controller, in milliseconds: time for an outage to end or for another agent to come. A day. */
export const POD_GRACE_MS = 86_400_000

/** Problems told of one workflow file; further ones show when these are mended. Source: ours; actions/runner tells 10 (ParseOptions.cs, MaxErrors). */
export const PROBLEMS_MAX = 1_000

/** All outputs of a job together, in bytes as JSON; more fails the job. Source: GitHub's documentation, "Workflow syntax": 50 MB of a run. */
export const JOB_OUTPUTS_BYTES_MAX = 52_000_000
