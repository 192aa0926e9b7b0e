/** The receiving side of the cluster's queue. At least once, in no order: SQS's promises and no more. */
export interface ReceiveQueue {
  /** Waits for messages up to the adapter's poll time; may answer none. Each stays hidden from others for VISIBILITY_TIMEOUT_S. */
  receive(max: number, signal: AbortSignal): Promise<readonly ReceivedMessage[]>
  /** Hides a received message for another VISIBILITY_TIMEOUT_S from now. */
  extend(message: ReceivedMessage): Promise<void>
  /** Ends a message: its job is placed, or can never be. Idempotent. */
  delete(message: ReceivedMessage): Promise<void>
}

/** A delivery: its receipt is good until the message is received again. */
export interface ReceivedMessage {
  readonly receipt: string
  readonly body: string
  /** How often it was received, this time included. */
  readonly receives: number
}
