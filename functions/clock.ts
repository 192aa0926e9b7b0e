/** The system's clock, on whatever runs this: for composition roots only. */
import type { Clock } from '../shared/clock.ts'

/** Longest delay a timer takes, in milliseconds; a longer one would fire at once. Source: HTML standard, timers (31 bits). */
const TIMER_MAX_MS = 2_147_483_647

/** `Date.now` and the runtime's timers; sleeps longer than a timer takes end early. */
export const systemClock: Clock = {
  nowMs: () => Date.now(),
  sleep: (ms, signal) =>
    new Promise((resolve, reject) => {
      signal?.throwIfAborted()
      const end = (): void => {
        signal?.removeEventListener('abort', abort)
        resolve()
      }
      const timer = setTimeout(end, Math.min(Math.max(ms, 0), TIMER_MAX_MS))
      const abort = (): void => {
        clearTimeout(timer)
        reject(signal?.reason)
      }
      signal?.addEventListener('abort', abort, { once: true })
    }),
}
