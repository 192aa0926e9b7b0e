/**
 * A cluster's queue, both sides. At least once, in no order: SQS's promises and no more. Implemented by functions/queue/*.ts, all held to
 * test/contract/queue.ts.
 */

/** The sending side of a cluster's queue. */
export interface SendQueue {
  /** Resolves when the queue has the message durably. `group` is for fairness (SQS MessageGroupId): the repository. */
  send(cluster: string, body: string, group: string): Promise<void>
}

/** The receiving side, of one cluster. Fits the agent's own port (agent/queue.ts). */
export interface ReceiveSide {
  /**
   * Waits for messages up to `waitMs`; may answer none. Each stays hidden from others for `visibilityS`. Aborting rejects with the signal's
   * reason and hides nothing.
   */
  receive(max: number, signal: AbortSignal, options?: ReceiveOptions): Promise<readonly QueueMessage[]>
  /** Hides a received message for another `visibilityS` from now; 0 gives it back. Has no effect on a receipt that is no longer the last. */
  extend(message: Receipt, visibilityS?: number): Promise<void>
  /** Ends a message. Idempotent; a receipt from an earlier receive ends it too. */
  delete(message: Receipt): Promise<void>
}

/** RECEIVE_WAIT_DEFAULT_MS and VISIBILITY_TIMEOUT_S where absent. */
export interface ReceiveOptions {
  readonly waitMs?: number
  readonly visibilityS?: number
}

/** Names one delivery of a message, not the message: a later one has another receipt. */
export interface Receipt {
  readonly receipt: string
}

/** A message as it was delivered; `body` is the signed job, unread. */
export interface QueueMessage extends Receipt {
  readonly body: string
  /** How often it was received, this time included. */
  readonly receives: number
}

/** A queue that the dispatcher serves over HTTP: a receiving side per cluster. */
export interface ReceiveQueues {
  of(cluster: string): ReceiveSide
}

/** How long a receive waits when it is not told, in milliseconds. Source: SQS long polls wait at most 20 s. */
export const RECEIVE_WAIT_DEFAULT_MS = 20_000
