/**
 * The log of one job try: who has it and how it ended. Appended to at the next index, if absent; the loser of a race reads
 * what won and goes on from there.
 *
 *   offered ──▶ claimed(epoch 1) ──▶ started ──▶ ended
 *    │  ▲ │       │  │  ▲   │          │   ▲
 *    │  │ └──▶ revoked  │   └▶ taken-over(epoch + n) ──▶ claimed's or started's successors, by whether it had started
 *    │  └───────┘       └──────────────┘
 *    └──▶ concluded (never started)    └──▶ lost (started, and nobody can say how it ended)
 *
 * Failover exists only before `started`; after it a silent cluster ends the job as lost, never elsewhere.
 */
import type { Conclusion } from './run.ts'

/** Which execution of which job: `job` is a job id, or `id.index` for a leg of a matrix. */
export interface TryRef {
  readonly run: number
  /** `github.run_attempt`; from 1. Changed by a rerun only. */
  readonly runAttempt: number
  readonly job: string
  /** From 0. Raised by an infrastructure retry only. */
  readonly try: number
}

/** Why a job ended as it did when its steps alone do not say: a stable code and a sentence for the log. */
export interface Cause {
  readonly code: string
  readonly message: string
}

export type TryEntry =
  | {
      readonly kind: 'offered'
      readonly offer: number
      readonly cluster: string
      readonly atMs: number
      readonly expiresMs: number
    }
  | {
      readonly kind: 'claimed'
      readonly offer: number
      readonly cluster: string
      readonly agent: string
      readonly epoch: number
      readonly atMs: number
    }
  | { readonly kind: 'started'; readonly epoch: number; readonly atMs: number }
  | { readonly kind: 'taken-over'; readonly agent: string; readonly epoch: number; readonly atMs: number }
  | {
      readonly kind: 'ended'
      readonly epoch: number
      readonly conclusion: Exclude<Conclusion, 'skipped'>
      readonly outputs: { readonly [name: string]: string }
      readonly cause?: Cause
      readonly atMs: number
    }
  | { readonly kind: 'revoked'; readonly offer: number; readonly reason: string; readonly atMs: number }
  | {
      readonly kind: 'concluded'
      readonly conclusion: Exclude<Conclusion, 'success'>
      readonly cause?: Cause
      readonly atMs: number
    }
  | { readonly kind: 'lost'; readonly cause: Cause; readonly atMs: number }
