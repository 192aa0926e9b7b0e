/** A store whose process dies at a write of a test's choice. */
import type { Store } from '../../functions/store.ts'

/** Every write counts; from the n-th on, they fail as those of a process that is dead. */
export function mortal(store: Store): {
  readonly store: Store
  dieAfter(writes: number): void
  readonly writes: () => number
} {
  let writes = 0
  let last = Number.POSITIVE_INFINITY
  const live = (): void => {
    if (writes >= last) throw new Error('the process died')
    writes += 1
  }
  return {
    store: {
      ...store,
      async putIfAbsent(key, body) {
        live()
        return store.putIfAbsent(key, body)
      },
      async delete(key) {
        live()
        await store.delete(key)
      },
    },
    dieAfter: (count) => {
      last = count
    },
    writes: () => writes,
  }
}
