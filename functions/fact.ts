/** Facts as they stand in the store: JSON with its writer's nonce, by which a writer knows its own after an answer was lost. */
import * as z from 'zod'
import type { Plan } from '../shared/plan.ts'
import { tryEntrySchema } from '../shared/try.ts'

/** A rerun: names its jobs, so that two who ask at once get one set. */
const attemptFact = z.object({ jobs: z.array(z.string()).readonly(), by: z.string(), atMs: z.number() })
/** The rerun that began a run attempt. */
export type AttemptFact = z.infer<typeof attemptFact>

const cancelFact = z.object({ reason: z.string(), atMs: z.number() })
/** Somebody wants this run attempt cancelled, and why. */
export type CancelFact = z.infer<typeof cancelFact>

const closedFact = z.object({ conclusion: z.enum(['success', 'failure', 'cancelled']), atMs: z.number() })
/** A run attempt has ended; nothing acts on it any more. */
export type ClosedFact = z.infer<typeof closedFact>

/** The plan, and the request it was made from: the same Idempotency-Key with another request is refused. */
const planFact = z.object({ requestSha256: z.string(), plan: z.custom<Plan>((plan) => isPlan(plan)) })
/** A run as it was triggered: never changed. */
export type PlanFact = z.infer<typeof planFact>

const numberFact = z.object({ run: z.int() })
/** The run that has this `run_number`. */
export type NumberFact = z.infer<typeof numberFact>

/** One parser per kind of fact. A body that does not parse was not written by this program: a crash, not a refusal. */
export const parseFact = {
  attempt: (body: Uint8Array): AttemptFact => attemptFact.parse(json(body)),
  cancel: (body: Uint8Array): CancelFact => cancelFact.parse(json(body)),
  closed: (body: Uint8Array): ClosedFact => closedFact.parse(json(body)),
  plan: (body: Uint8Array): PlanFact => planFact.parse(json(body)),
  number: (body: Uint8Array): NumberFact => numberFact.parse(json(body)),
  entry: (body: Uint8Array) => tryEntrySchema.parse(json(body)),
}

/** Plans are written by `buildPlan` and by nobody else; their version is what may differ. */
function isPlan(plan: unknown): boolean {
  return typeof plan === 'object' && plan !== null && 'version' in plan && plan.version === 1
}

/** The body of a fact. `nonce`: of this write; none where everybody writes the same. */
export function factBody(fact: object, nonce?: Uint8Array): Uint8Array {
  const signed = nonce === undefined ? fact : { ...fact, nonce: hex(nonce) }
  return new TextEncoder().encode(JSON.stringify(signed))
}

/** Two lower-case digits a byte. */
export function hex(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('')
}

function json(body: Uint8Array): unknown {
  return JSON.parse(new TextDecoder().decode(body))
}
