/**
 * Where facts are kept: an object store with conditional writes. Everything the dispatcher knows is a write-once object here; there
 * is no database. Implemented by functions/store/*.ts, all held to test/contract/store.ts.
 *
 * A key is 1 to KEY_LENGTH_MAX characters of `A-Za-z0-9._~-` in segments parted by `/`; no segment is empty, `.` or `..`, and no key is the
 * folder of another. A key that breaks this rejects with `bad-key` (never).
 */
import { LongshoreError } from '../shared/error.ts'

/** Bodies by key, each written once. */
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

/** Longest key, in characters. Source: S3 allows 1,024 bytes (S3 user guide, object key names). */
const KEY_LENGTH_MAX = 1_024

const KEY = /^(?!\.{1,2}(?:\/|$))[\w.~-]+(?:\/(?!\.{1,2}(?:\/|$))[\w.~-]+)*$/

/** Rejects a key no adapter could keep; called by every adapter before anything else. */
export function assertKey(key: string): void {
  if (key.length > KEY_LENGTH_MAX || !KEY.test(key))
    throw new LongshoreError('bad-key', 'never', `no store key: ${key}`)
}

/** Equal bodies were written by the same writer: every body carries its writer's nonce, or is content that anybody may write. */
export function sameBody(a: Uint8Array, b: Uint8Array): boolean {
  return a.byteLength === b.byteLength && a.every((byte, index) => byte === b[index])
}
