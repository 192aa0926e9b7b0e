/** Wakes those who wait for something to have changed. */
export interface Notice {
  /** Resolves at the next `notify`; rejects with the signal's reason when it is aborted. */
  wait(signal: AbortSignal): Promise<void>
  notify(): void
}

/** Nobody waits at first; a notice that nobody waits for is not kept. */
export function createNotice(): Notice {
  let waiting: { resolve: () => void }[] = []
  return {
    wait: (signal) =>
      new Promise((resolve, reject) => {
        if (signal.aborted) return reject(signal.reason)
        const abort = () => {
          waiting = waiting.filter((other) => other !== waiter)
          reject(signal.reason)
        }
        const waiter = {
          resolve: () => {
            signal.removeEventListener('abort', abort)
            resolve()
          },
        }
        signal.addEventListener('abort', abort, { once: true })
        waiting.push(waiter)
      }),
    notify: () => {
      const woken = waiting
      waiting = []
      for (const waiter of woken) waiter.resolve()
    },
  }
}
