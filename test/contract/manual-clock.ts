/** A clock that moves when it is told to: no test waits, and none is early. */
import type { Clock } from '../../shared/clock.ts'

export interface ManualClock extends Clock {
  /** Moves the time on and ends every sleep whose time has come, in order. */
  advance(ms: number): void
  /** Resolves when somebody sleeps. */
  asleep(): Promise<void>
}

export function createManualClock(startMs = Date.UTC(2026, 10, 23)): ManualClock {
  let nowMs = startMs
  const sleeps = new Set<{ readonly untilMs: number; readonly end: () => void }>()
  const watchers: (() => void)[] = []
  return {
    asleep: () => new Promise((resolve) => (sleeps.size > 0 ? resolve() : watchers.push(resolve))),
    nowMs: () => nowMs,
    sleep: (ms, signal) =>
      new Promise((resolve, reject) => {
        signal?.throwIfAborted()
        const abort = (): void => {
          sleeps.delete(sleep)
          reject(signal?.reason)
        }
        const sleep = {
          untilMs: nowMs + ms,
          end: () => {
            sleeps.delete(sleep)
            signal?.removeEventListener('abort', abort)
            resolve()
          },
        }
        sleeps.add(sleep)
        signal?.addEventListener('abort', abort, { once: true })
        if (ms <= 0) sleep.end()
        if (sleeps.size > 0) for (const watcher of watchers.splice(0)) watcher()
      }),
    advance(ms) {
      nowMs += ms
      const due = [...sleeps].filter(({ untilMs }) => untilMs <= nowMs)
      for (const sleep of due.sort((a, b) => a.untilMs - b.untilMs)) sleep.end()
    },
  }
}
