/** A broken invariant is a bug here, never the user's mistake or the world's: it crashes. Without `node:assert`, for the edge. */
export function assert(condition: boolean, message: string): asserts condition {
  if (!condition) throw new Error(`broken invariant: ${message}`)
}
