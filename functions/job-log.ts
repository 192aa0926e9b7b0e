/** The log of a job as text: the log events of its try's stream, one after the other, from any byte. */
import type { TryRef } from '../shared/try.ts'
import { eventsOf, type StoredBatch, type Streams } from './stream.ts'

/** Bytes `[start, end)` of the log. */
export interface ByteRange {
  readonly start: number
  readonly end: number
}

/**
 * One range of a `Range` header. `all` where there is none or it is to be ignored (several ranges, another unit); `outside` where the log has none of
 * it. Source: RFC 9110, section 14.
 */
export function parseRange(header: string | undefined, size: number): ByteRange | 'all' | 'outside' {
  const match = /^bytes=(\d{0,15})-(\d{0,15})$/.exec(header ?? '')
  if (match === null) return 'all'
  const [, first = '', last = ''] = match
  if (first === '' && last === '') return 'all'
  if (first === '') return Number(last) === 0 ? 'outside' : { start: Math.max(0, size - Number(last)), end: size }
  if (last !== '' && Number(last) < Number(first)) return 'all'
  if (Number(first) >= size) return 'outside'
  return { start: Number(first), end: last === '' ? size : Math.min(size, Number(last) + 1) }
}

/** The log's bytes in this range, batch by batch. */
export async function* readLog(streams: Streams, ref: TryRef, range: ByteRange): AsyncGenerator<Uint8Array> {
  for await (const at of batchesIn(streams, ref, range)) {
    const stored = await streams.read(at)
    if (stored === undefined) continue
    const text = logBytes(stored)
    const from = Math.max(0, range.start - stored.before.logOffset)
    const bytes = text.subarray(from, range.end - stored.before.logOffset)
    if (bytes.byteLength > 0) yield bytes
  }
}

type At = Pick<StoredBatch, 'key' | 'before'>

/** A batch ends where the next begins, so each is told of when the one after it is known. */
async function* batchesIn(streams: Streams, ref: TryRef, range: ByteRange): AsyncGenerator<At> {
  let last: At | undefined
  for await (const at of streams.keys(ref)) {
    if (last !== undefined && at.before.logOffset > range.start) yield last
    last = at
    if (at.before.logOffset >= range.end) return
  }
  if (last !== undefined) yield last
}

function logBytes(stored: StoredBatch): Uint8Array {
  const texts = eventsOf(stored).map((event) => (event.kind === 'log' ? event.text : ''))
  return new TextEncoder().encode(texts.join(''))
}
