/**
 * Where facts are kept: an object store with conditional writes. Everything the dispatcher knows is a write-once object here; there
 * is no database. Implemented by functions/store/*.ts, all held to test/contract/store.ts.
 */
export interface Store {
  /** The body, or undefined where there is none. Never half a body. */
  get(key: string): Promise<Uint8Array | undefined>
  /** Keys that start with `prefix`, in byte order, after `after` when given. A key whose put was acknowledged is in every later list. */
  list(prefix: string, after?: string): AsyncIterable<string>
  /**
   * Writes `body` unless the key exists; answers with the body that won. `ours` is true when that is the one given here — also when an
   * earlier try's answer was lost, which the writer nonce inside the body reveals. Rejects with retry `later` on doubt.
   */
  putIfAbsent(key: string, body: Uint8Array): Promise<{ readonly ours: boolean; readonly body: Uint8Array }>
  /** Idempotent. */
  delete(key: string): Promise<void>
}
