/** Time as an argument: nothing below a composition root reads the system's clock. */
export interface Clock {
  /** Milliseconds since the epoch. */
  nowMs(): number
  /** Rejects with the signal's reason when it is aborted. */
  sleep(ms: number, signal?: AbortSignal): Promise<void>
}
