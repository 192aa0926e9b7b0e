/** Bounds of the dispatcher: what, unit, consequence, source. Bounds that others meet too stand in shared/limit.ts. */

/** How long an offer may wait for an agent, in milliseconds; then its job fails. Source: GitHub's documentation, "Usage limits": 24 hours in the queue. */
export const OFFER_EXPIRES_MS = 86_400_000

/** How long a job's token is good for, in seconds: renewed by every heartbeat, it outlives an outage of six hours. */
export const JOB_TOKEN_S = 21_600

/** Largest trigger, in bytes: a workflow of the largest size, escaped, and a payload. Source: GitHub cuts webhook payloads at 25 MB. */
export const TRIGGER_BYTES_MAX = 33_554_432

/** Largest source bundle as uploaded, in bytes; a larger one is refused with 413. Held in memory while it is checked. */
export const BUNDLE_BYTES_MAX = 268_435_456

/** Largest batch of events, in bytes: what an agent sends at once (EVENTS_REQUEST_BYTES_MAX), each byte of it escaped. */
export const EVENTS_BODY_BYTES_MAX = 16_777_216

/** Largest report of a job's end, in bytes. Source: GitHub's documentation, "Passing information between jobs": 50 MB of outputs per run. */
export const ENDED_BODY_BYTES_MAX = 52_428_800

/** Largest of all other requests, in bytes: a heartbeat for a thousand jobs fits. */
export const REQUEST_BYTES_MAX = 1_048_576

/** Runs on one page of the list. */
export const RUNS_PER_PAGE_MAX = 50

/** Longest Idempotency-Key, in characters. Source: draft-ietf-httpapi-idempotency-key-header leaves it to the server. */
export const IDEMPOTENCY_KEY_MAX = 255

/** Most of the agent's clock that may be ahead of or behind this one, in seconds, when its token is judged. */
export const CLOCK_SKEW_S = 60

/** Between two walks of the sweep over all open runs, in milliseconds: how long what a dead dispatcher left half done stays so. */
export const SWEEP_INTERVAL_MS = 10_000
