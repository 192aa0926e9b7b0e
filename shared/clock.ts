/** Time as an argument: nothing below a composition root reads the system's clock. */
export interface Clock {
  /** Milliseconds since the epoch. */
  nowMs(): number
  /** Rejects with the signal's reason when it is aborted. */
  sleep(ms: number, signal?: AbortSignal): Promise<void>
}

/** Sleeps, and returns early when `signal` is aborted: for loops that look at it themselves. */
export async function pause(clock: Clock, ms: number, signal: AbortSignal): Promise<void> {
  try {
    await clock.sleep(ms, signal)
  } catch (error) {
    if (!signal.aborted) throw error
  }
}
