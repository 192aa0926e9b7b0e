/** Whether a message from the queue is a job for this agent. The queue is not trusted: whoever can write to it can write anything. */
import type { Clock } from '../shared/clock.ts'
import { type JobMessage, jobMessageSchema } from '../shared/message.ts'
import { type VerifyKey, verify } from '../shared/sign.ts'

/** Whom an agent takes jobs from: one dispatcher, by name and keys. */
export interface TrustedIssuer {
  readonly issuer: string
  readonly keys: readonly VerifyKey[]
}

/** What to do with a message. */
export type Judgement =
  | { readonly kind: 'job'; readonly message: JobMessage }
  /** Its key may not have been announced here yet: it comes back. */
  | { readonly kind: 'wait'; readonly why: string }
  /** Good, but its time is over: nobody will run it. */
  | { readonly kind: 'expired' }
  /** Forged, altered, for another cluster, or of a version that is not understood. */
  | { readonly kind: 'refused'; readonly why: string }

export async function judgeMessage(
  body: string,
  trusted: TrustedIssuer,
  cluster: string,
  clock: Clock,
): Promise<Judgement> {
  const verified = await verify(body, trusted.keys, {
    type: 'longshore-job+jwt',
    nowMs: clock.nowMs(),
    audience: cluster,
    issuer: trusted.issuer,
  })
  if (!verified.ok) {
    if (verified.reason === 'unknown-key') return { kind: 'wait', why: verified.reason }
    return verified.reason === 'expired' ? { kind: 'expired' } : { kind: 'refused', why: verified.reason }
  }
  const message = jobMessageSchema.safeParse(verified.claims)
  return message.success ? { kind: 'job', message: message.data } : { kind: 'refused', why: 'unknown-format' }
}
