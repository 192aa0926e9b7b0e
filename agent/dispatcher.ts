/**
 * The dispatcher, as an agent sees it (shared/protocol.ts has the wire). Calls that answer a refusal reject with `LongshoreError`:
 * `superseded` (never) when another epoch owns the try or it is over, `conflict` (never) when an event number has other content there,
 * `unreachable` (later) when nothing could be learnt; the same call again is safe.
 */
import type { JobEvent } from '../shared/event.ts'
import type { SourceRef } from '../shared/plan.ts'
import type { Cause, TryRef } from '../shared/try.ts'

/** What to do with the message: run the job, or delete it because another agent has it (`busy`) or nobody may (`gone`). */
export type ClaimAnswer =
  | { readonly kind: 'yours'; readonly epoch: number; readonly token: string }
  | { readonly kind: 'busy' }
  | { readonly kind: 'gone'; readonly why: string }

/** What the dispatcher holds of a job's events: a new owner drops exactly this prefix of what it replays. */
export interface HeldEvents {
  readonly nextEvent: number
  /** How many of them are not log text. */
  readonly discrete: number
  /** Bytes of log text. */
  readonly logOffset: number
}

/** A try under an epoch; `token` speaks for it. Renewed by the heartbeat, so read it at each call. */
export interface Ownership {
  readonly ref: TryRef
  readonly epoch: number
  token: string
}

/** Each call may be repeated after a lost answer. Rejects with `LongshoreError`: `later` decides nothing, `superseded` means let go. */
export interface Dispatcher {
  claim(ref: TryRef, offer: number, signal: AbortSignal): Promise<ClaimAnswer>
  takenOver(
    ref: TryRef,
    epoch: number,
    signal: AbortSignal,
  ): Promise<{ readonly token: string; readonly held: HeldEvents }>
  started(owner: Ownership, signal: AbortSignal): Promise<void>
  events(
    owner: Ownership,
    from: number,
    events: readonly JobEvent[],
    signal: AbortSignal,
  ): Promise<{ readonly next: number; readonly cancel: boolean }>
  ended(
    owner: Ownership,
    end: {
      readonly conclusion: 'success' | 'failure' | 'cancelled'
      readonly outputs: { readonly [name: string]: string }
      readonly cause?: Cause
    },
    signal: AbortSignal,
  ): Promise<void>
  /** One answer per owner given, in their order. */
  heartbeat(slots: number, owners: readonly Ownership[], signal: AbortSignal): Promise<readonly HeartbeatAnswer[]>
  /** The gzipped tar of a run's source, held against its hash. `repository` is `owner/name`. Rejects with `bad-bundle` (never) where it differs. */
  bundle(owner: Ownership, repository: string, source: SourceRef, signal: AbortSignal): Promise<Uint8Array>
}

/** `lost`: another agent owns the job, or it is over. */
export type HeartbeatAnswer =
  | { readonly kind: 'run'; readonly token: string }
  | { readonly kind: 'cancel'; readonly token: string; readonly reason: string }
  | { readonly kind: 'lost' }
