/**
 * Where jobs run: create → connect → remove, per job. One pod per job try, named after it. A pod belongs to one agent under an epoch;
 * every write carries that epoch and loses against a higher one.
 *
 * Held to test/contract/backend.ts.
 */
import type { TryRef } from '../shared/try.ts'
import type { Supervisor } from './channel.ts'

/** Rejects with `LongshoreError`: retry `later` where the same call may work, `never` with the job's cause. */
export interface Backend {
  readonly kind: 'processes' | 'kubernetes'
  /**
   * Idempotent by name: what exists is answered, and owned under `epoch` from now on. Rejects with `superseded` when it is owned under a
   * higher epoch, and never touches a stranger's pod of the same name.
   */
  create(request: PodRequest, signal: AbortSignal): Promise<Pod>
  /** The pod's supervisor, under the pod's epoch. Waits until it can be reached; rejects with the cause when it never will be. */
  connect(pod: Pod, signal: AbortSignal): Promise<Supervisor>
  /** Pods of this cluster whose owner is proved dead. A pod that is just silent is not among them. */
  orphans(signal: AbortSignal): Promise<readonly Pod[]>
  /** Takes an orphan: the answer's epoch is higher than any before. Undefined when somebody else was first. */
  adopt(orphan: Pod): Promise<Pod | undefined>
  /** Removes that very pod, its processes and its folders; nothing of it is left when this resolves. Does nothing when another epoch owns it. Idempotent. */
  remove(pod: Pod): Promise<void>
}

/** What a pod is made of and named after. */
export interface PodRequest {
  readonly ref: TryRef
  /** Of the dispatcher that signed the job: two dispatchers never share a pod. */
  readonly issuer: string
  readonly epoch: number
  readonly runsOn: readonly string[]
  /** How long the pod outlives its controller, in milliseconds: time for another agent to come, or for an outage to end. */
  readonly graceMs: number
}

/** A pod under the epoch of whoever got this answer. */
export interface Pod {
  readonly name: string
  /** Differs between two pods that had the same name. */
  readonly uid: string
  readonly ref: TryRef
  readonly issuer: string
  readonly epoch: number
}
