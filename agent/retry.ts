/** Doing something again until the other side can be reached. */
import type { Clock } from '../shared/clock.ts'
import { LongshoreError } from '../shared/error.ts'
import { RETRY_PAUSE_MAX_MS, RETRY_PAUSE_MIN_MS } from '../shared/limit.ts'

/** Repeats `attempt` with growing pauses for as long as it rejects with retry `later`. Rejects with anything else, or the signal's reason. */
export async function untilReached<T>(attempt: () => Promise<T>, clock: Clock, signal: AbortSignal): Promise<T> {
  for (let pauseMs = RETRY_PAUSE_MIN_MS; ; pauseMs = Math.min(pauseMs * 2, RETRY_PAUSE_MAX_MS)) {
    signal.throwIfAborted()
    try {
      return await attempt()
    } catch (error) {
      if (!mayComeBack(error)) throw error
      await clock.sleep(pauseMs, signal)
    }
  }
}

/** The same call may work later: nothing is decided by its failure. */
export function mayComeBack(error: unknown): boolean {
  return error instanceof LongshoreError && error.retry === 'later'
}
