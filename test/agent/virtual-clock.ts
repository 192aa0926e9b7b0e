/** A clock that stands still while anything happens and jumps to the next sleeper's time when nothing does. */
import type { Clock } from '../../shared/clock.ts'

interface Sleeper {
  readonly atMs: number
  readonly wake: () => void
}

export interface VirtualClock extends Clock {
  /** Ends the jumping; sleepers sleep on. */
  stop(): void
}

/** Turns of the event loop without which nothing is called idle: fakes answer within one. */
const IDLE_TURNS = 4

export function createVirtualClock(startMs: number): VirtualClock {
  let nowMs = startMs
  let sleepers: Sleeper[] = []
  let stopped = false
  let jumping = false

  async function jump(): Promise<void> {
    jumping = true
    while (sleepers.length > 0 && !stopped) {
      for (let turn = 0; turn < IDLE_TURNS; turn += 1) await new Promise((resolve) => setImmediate(resolve))
      const next = sleepers.toSorted((a, b) => a.atMs - b.atMs)[0]
      if (next === undefined) break
      sleepers = sleepers.filter((sleeper) => sleeper !== next)
      nowMs = Math.max(nowMs, next.atMs)
      next.wake()
    }
    jumping = false
  }
  return {
    nowMs: () => nowMs,
    sleep: (ms, signal) =>
      new Promise((resolve, reject) => {
        if (signal?.aborted) return reject(signal.reason)
        const abort = () => {
          sleepers = sleepers.filter((other) => other !== sleeper)
          reject(signal?.reason)
        }
        const sleeper: Sleeper = {
          atMs: nowMs + ms,
          wake: () => {
            signal?.removeEventListener('abort', abort)
            resolve()
          },
        }
        signal?.addEventListener('abort', abort, { once: true })
        sleepers.push(sleeper)
        if (!jumping) void jump()
      }),
    stop: () => {
      stopped = true
    },
  }
}
