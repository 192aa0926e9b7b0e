/** Facts in this process's memory: for tests, and for a run that needs no history. */
import { assertKey, type Store, sameBody } from '../store.ts'

/** Keeps copies: what a caller does to its bytes later changes nothing here. */
export function createMemoryStore(): Store {
  const bodies = new Map<string, Uint8Array>()
  const keys: string[] = []
  return {
    async get(key) {
      assertKey(key)
      return bodies.get(key)
    },
    async *list(prefix, after) {
      let from = after !== undefined && after >= prefix ? after : undefined
      let index = from === undefined ? position(keys, prefix) : position(keys, from, 'after')
      for (let key = keys[index]; key?.startsWith(prefix); key = keys[index]) {
        yield key
        from = key
        index = keys[index] === from ? index + 1 : position(keys, from, 'after')
      }
    },
    async putIfAbsent(key, body) {
      assertKey(key)
      const held = bodies.get(key)
      if (held !== undefined) return { ours: sameBody(held, body), body: held }
      const copy = body.slice()
      bodies.set(key, copy)
      keys.splice(position(keys, key), 0, key)
      return { ours: true, body: copy }
    },
    async delete(key) {
      assertKey(key)
      if (bodies.delete(key)) keys.splice(position(keys, key), 1)
    },
  }
}

/** Index of the first key that is not below `key` (`after`: that is above it), by binary search: lists stay short among many keys. */
function position(keys: readonly string[], key: string, side: 'at' | 'after' = 'at'): number {
  let low = 0
  let high = keys.length
  while (low < high) {
    const middle = (low + high) >>> 1
    const at = keys[middle] ?? ''
    if (at < key || (side === 'after' && at === key)) low = middle + 1
    else high = middle
  }
  return low
}
