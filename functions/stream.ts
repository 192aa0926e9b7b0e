/**
 * The event streams of job tries in the store: one object per batch, under a key that follows from what is held before it, so that two who append
 * compete for the same key.
 */
import type { JobEvent } from '../shared/event.ts'
import type { TryRef } from '../shared/try.ts'
import { type Batch, EMPTY_STREAM, headAfter, parseBatch, type StreamHead } from './batch.ts'
import * as keys from './keys.ts'
import { RefusedError } from './refusal.ts'
import { elements, member } from './slice.ts'
import type { Store } from './store.ts'
import type { Wake } from './wake.ts'

/** Streams whose end is remembered: those that move, and a few more. */
const HEADS_KEPT_MAX = 4_096

/** A batch as it is stored, and what is held before it. */
export interface StoredBatch {
  readonly key: string
  readonly before: StreamHead
  /** The whole body, as it was posted: it may begin before `before.next`. */
  readonly body: Uint8Array
}

/** The events of tries, appended by number. Several dispatchers may append to one at once. */
export interface Streams {
  /** Appends what is not held yet; answers with the stream's end. Refuses `gap`, `conflict`, `bad-request`. */
  append(batch: Batch, body: Uint8Array): Promise<StreamHead>
  /** The end of the stream as the store has it. */
  head(ref: TryRef): Promise<StreamHead>
  /** The keys of the batches, oldest first; those after `after` when given. */
  keys(ref: TryRef, after?: string): AsyncIterable<{ readonly key: string; readonly before: StreamHead }>
  read(at: { readonly key: string; readonly before: StreamHead }): Promise<StoredBatch | undefined>
}

export function createStreams(store: Store, wake: Wake): Streams {
  const heads = new Map<string, StreamHead>()
  const remember = (name: string, head: StreamHead): StreamHead => {
    heads.delete(name)
    heads.set(name, head)
    const oldest = heads.keys().next().value
    if (heads.size > HEADS_KEPT_MAX && oldest !== undefined) heads.delete(oldest)
    return head
  }
  return {
    async append(batch, body) {
      const name = keys.streamPrefix(batch.ref)
      const known = heads.get(name)
      const head = known === undefined || batch.from > known.next ? await readHead(store, batch.ref) : known
      const after = await appendAt(store, batch, body, head)
      if (after.next > head.next) wake.notify(batch.ref.run, keys.tryName(batch.ref))
      return remember(name, after)
    },
    head: async (ref) => remember(keys.streamPrefix(ref), await readHead(store, ref)),
    keys: (ref, after) => batchKeys(store, ref, after),
    read: (at) => readBatch(store, at),
  }
}

/** `head` may be old: then its next key is taken, and the end is read anew. */
async function appendAt(store: Store, batch: Batch, body: Uint8Array, head: StreamHead): Promise<StreamHead> {
  for (;;) {
    if (batch.from > head.next)
      throw new RefusedError('gap', `the next event is ${head.next}`, { members: { next: head.next } })
    const held = head.next - batch.from
    if (held > 0) await assertHeld(store, batch, Math.min(held, batch.events.length))
    const fresh = batch.events.slice(held)
    if (fresh.length === 0) return head
    const after = headAfter(head, fresh)
    if (after === undefined)
      throw new RefusedError('bad-request', `a log event's offset is not where the log ends, ${head.logOffset}`)
    const { ours } = await store.putIfAbsent(keys.batchKey(batch.ref, head), body)
    if (ours) return after
    head = await readHead(store, batch.ref)
  }
}

async function* batchKeys(
  store: Store,
  ref: TryRef,
  after: string | undefined,
): AsyncGenerator<{ readonly key: string; readonly before: StreamHead }> {
  for await (const key of store.list(keys.streamPrefix(ref), after)) {
    const before = keys.parseBatchKey(key)
    if (before !== undefined) yield { key, before }
  }
}

async function readBatch(
  store: Store,
  at: { readonly key: string; readonly before: StreamHead },
): Promise<StoredBatch | undefined> {
  const body = await store.get(at.key)
  return body === undefined ? undefined : { ...at, body }
}

async function readHead(store: Store, ref: TryRef): Promise<StreamHead> {
  let last: { readonly key: string; readonly before: StreamHead } | undefined
  for await (const at of batchKeys(store, ref, undefined)) last = at
  const stored = last === undefined ? undefined : await readBatch(store, last)
  if (stored === undefined) return EMPTY_STREAM
  const head = headAfter(stored.before, eventsOf(stored))
  if (head === undefined) throw new Error('broken invariant: a stored batch does not follow what is before it')
  return head
}

/** The events of a stored batch that were new when it came. */
export function eventsOf(stored: StoredBatch): readonly JobEvent[] {
  const parsed = parseBatch(stored.body)
  if (!parsed.ok) throw new Error(`broken invariant: a stored batch cannot be read: ${parsed.why}`)
  return parsed.value.events.slice(stored.before.next - parsed.value.from)
}

/** The same as views of the stored bytes, the first of which has the number `before.next`. */
export function slicesOf(stored: StoredBatch): readonly Uint8Array[] {
  const from = Number(new TextDecoder().decode(member(stored.body, 'from')))
  const events = member(stored.body, 'events')
  return events === undefined ? [] : elements(events).slice(stored.before.next - from)
}

/** Refuses as `conflict` unless the first `count` events are those that are held. */
async function assertHeld(store: Store, batch: Batch, count: number): Promise<void> {
  const end = batch.from + count
  let checked = 0
  for (const stored of await overlapping(store, batch.ref, batch.from, end)) {
    for (const [index, event] of eventsOf(stored).entries()) {
      const number = stored.before.next + index
      if (number < batch.from || number >= end) continue
      const posted = batch.events[number - batch.from]
      if (posted === undefined || !sameEvent(event, posted))
        throw new RefusedError('conflict', `event ${number} is held with other content`, { members: { event: number } })
      checked += 1
    }
  }
  if (checked !== count) throw new Error('broken invariant: an event stream has a hole')
}

async function overlapping(store: Store, ref: TryRef, from: number, end: number): Promise<StoredBatch[]> {
  const found: { readonly key: string; readonly before: StreamHead }[] = []
  for await (const at of batchKeys(store, ref, undefined)) {
    if (at.before.next >= end) break
    if (at.before.next <= from) found.length = 0
    found.push(at)
  }
  const batches = await Promise.all(found.map((at) => readBatch(store, at)))
  return batches.filter((batch) => batch !== undefined)
}

/** Events are flat: their fields in any order. */
function sameEvent(a: JobEvent, b: JobEvent): boolean {
  const [left, right] = [Object.entries(a), new Map(Object.entries(b))]
  return left.length === right.size && left.every(([name, value]) => right.get(name) === value)
}
